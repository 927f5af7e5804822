"""What an older version of this house has landed, under today's code; a night abroad, another beside it.

`archive/2026-11-23.tar.gz` is `landing/` and `raw.duckdb` as the version of that day (commit e59e977) made
them of the sample: its sidecars are of another shape. Four rows of the sample have been given an order since.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dagster_project import landing
from dagster_project.published.builds import current
from dagster_project.published.custody import mismatches
from dagster_project.settings import Settings
from dagster_project.storage.database import connect, text
from tests.faults.houses import NOW, raw_tables, whole_digest

ARCHIVE = Path(__file__).parent / "archive" / "2026-11-23.tar.gz"
COFFER = Path(sys.executable).with_name("coffer")
LANDING = ("landed_at", "raw_row", "source_file", "source_row", "source_sha256")
CHANGED_SINCE = {"events", "files", "ignored_rows", "restatements"}  # they say when a row landed


@pytest.fixture
def old(settings) -> Settings:
    """A house as it was left by the older version."""
    settings.data.mkdir()
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(settings.data, filter="data")
    return settings


def test_an_older_landing_is_whole_for_today_s_code_and_reads_as_it_did(old, tmp_path, figure):
    """D11: `coffer verify` of an upgraded house; then raw is made anew."""
    rows = raw_tables(old)
    landing.land(replace(old, inbox=_nothing(tmp_path)), NOW, settle_seconds=0)
    assert list(mismatches(old)) == []
    landing.rebuild_raw(old)
    after = raw_tables(old)
    assert {name: table for name, table in after.items() if table} == {
        name: table for name, table in rows.items() if table
    }
    figure(
        "D11-verify",
        f"landing/ and raw.duckdb of 2026-11-23: {sum(map(len, rows.values()))} rows the same, "
        "`coffer verify` finds nothing",
    )


def test_a_database_in_duckdb_s_oldest_storage_goes_on(old, tmp_path, figure):
    """D11: raw.duckdb as a DuckDB of 2024 would have left it."""
    before = raw_tables(old)
    with connect() as connection:
        connection.execute(f"attach {text(old.raw)} as raw (read_only)")
        connection.execute(f"attach {text(old.data / 'older.duckdb')} as older (storage_version 'v1.0.0')")
        connection.execute("copy from database raw to older")
    os.replace(old.data / "older.duckdb", old.raw)
    landing.land(replace(old, inbox=_nothing(tmp_path)), NOW, settle_seconds=0)
    assert {name: rows for name, rows in raw_tables(old).items() if name in before} == before
    landing.land(old, NOW + timedelta(days=1), settle_seconds=0)
    assert list(mismatches(old)) == []
    with connect(old.raw, read_only=True) as connection:
        [(tags,)] = connection.execute(
            "select tags from duckdb_databases() where database_name = 'raw'"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.0.0")  # so the older DuckDB can still be gone back to
    figure(
        "D11-storage",
        "raw.duckdb in storage version v1.0.0: read and written on by today's DuckDB, 0 rows lost",
    )


def _nothing(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def test_a_night_over_an_older_house_in_shanghai_gives_the_same_figures_while_others_knock(
    night, old, figure
):
    """D11, L01, V06: an upgraded house, TZ and LANG of another country, a second night that is refused."""
    shutil.copytree(night.settings.dbt_target, old.dbt_target)  # parsed already
    home = {"TZ": "Asia/Shanghai", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"}
    environment = os.environ | old.environment() | home
    working = subprocess.Popen(
        [COFFER, "nightly"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in working.stderr:
        if "Building" in line:
            break
    began = time.monotonic()
    knocking = subprocess.run(
        [COFFER, "nightly", "--wait", "0"], env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - began
    said = working.communicate()
    assert working.returncode == 0, said
    assert knocking.returncode == 1
    assert f"process {working.pid}" in knocking.stderr
    assert "Traceback" not in knocking.stderr
    then, now = (current(settings).manifest["marts"] for settings in (old, night.settings))
    differing = {mart for mart in now if then[mart]["sha256"] != now[mart]["sha256"]}
    assert then.keys() == now.keys()
    assert differing <= CHANGED_SINCE
    with connect() as connection:
        for name, settings in (("old", old), ("new", night.settings)):
            connection.execute(f"attach {text(current(settings).database)} as {name} (read_only)")
        restated = "select restatement_kind, count(*) from old.marts.restatements group by all"
        assert connection.execute(restated).fetchall() == [("restated", 4)]
        for mart in sorted(differing - {"files", "restatements"}):
            kept = [column["name"] for column in now[mart]["columns"] if column["name"] not in LANDING]
            columns = ", ".join(kept)
            for one, other in (("old", "new"), ("new", "old")):
                selects = [f"select {columns} from {name}.marts.{mart}" for name in (one, other)]
                only_one = " except all ".join(selects)
                assert connection.execute(only_one).fetchall() == [], mart
    figure(
        "D11",
        f"upgraded house: {len(now) - len(differing)} of {len(now)} marts byte for byte the same; "
        "what differs is when rows landed, the register of files, and the 4 rows that were restated",
    )
    figure(
        "L01-nights",
        f"a second `coffer nightly` beside one at work: refused after {seconds:.1f} s with its process id",
    )
    assert whole_digest(old)
