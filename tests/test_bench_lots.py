"""The ledgers that the lots benchmark runs on are the same every time, sound, and what they claim to be."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.lots import MOVEMENTS, PICKS, match
from dagster_project.settings import ROOT

BENCH = ROOT / "tests" / "bench"
EVENTS = 2_000
POOLS = {"one pool": 1, "few pools": 10, "many pools": 1_000}  # at most, with so few events


def run(script: str, *arguments: object) -> str:
    """Run a script of the benchmark; return what it prints."""
    command = [sys.executable, BENCH / script, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def generate(file: Path, shape: str) -> Path:
    run("lots_ledgers.py", file, "--shape", shape, "--events", EVENTS)
    return file


def read(file: Path, table: str) -> pa.Table:
    with duckdb.connect(file, read_only=True) as connection:
        return connection.sql(f"from {table} order by all").to_arrow_table()


@pytest.fixture(scope="module", params=POOLS)
def shape(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def ledger(shape, tmp_path_factory) -> Path:
    """Two thousand movements, and some lots that are named."""
    return generate(tmp_path_factory.mktemp("ledger") / "ledger.duckdb", shape)


def test_the_same_seed_gives_the_same_rows(ledger, shape, tmp_path):
    again = generate(tmp_path / "again.duckdb", shape)
    for table in ("movements", "picks"):
        assert read(again, table).equals(read(ledger, table))


def test_no_movement_is_refused(ledger):
    movements, picks = read(ledger, "movements"), read(ledger, "picks")
    assert (movements.schema, picks.schema) == (MOVEMENTS, PICKS)
    assert len(movements) == EVENTS
    assert "shortfall" not in match(movements, picks).matches["basis"].to_pylist()


def test_a_ledger_has_the_shape_that_it_claims(ledger, shape):
    rows = read(ledger, "movements").to_pylist()
    share = {kind: sum(row["kind"] == kind for row in rows) / EVENTS for kind in ("acquire", "transfer")}
    assert POOLS[shape] // 2 < len({row["pool_id"] for row in rows}) <= POOLS[shape]
    assert 0.45 < share["acquire"] < 0.85  # of many pools, most are still empty
    assert (0.03 < share["transfer"] < 0.12) == (shape == "many pools")
    moves = [row for row in rows if row["kind"] == "transfer"]
    assert all(row["pool_id"].split(":")[0] == row["to_pool_id"].split(":")[0] for row in moves)


@pytest.mark.parametrize("method", ["hifo", "specific"])
def test_nothing_is_lost_on_the_whole_path(ledger, method, tmp_path):
    output = tmp_path / "output.duckdb"
    run("lots_parts.py", "ours", ledger, output, method)
    audited = json.loads(run("lots_parts.py", "audit", ledger, output, method))
    assert [audited[law] for law in ("units_missing", "cents_missing", "shortfalls")] == [0, 0, 0]
    assert audited["matches"] > 0
