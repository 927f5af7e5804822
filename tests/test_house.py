"""The house as a whole: the same facts give the same marts, however and in whatever order they arrive."""

import csv
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.build.seeds import stage_seeds
from dagster_project.build.warehouse import build_warehouse, read_manifest
from dagster_project.landing import land
from dagster_project.published.publish import publish
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
SAMPLE = ROOT / "data" / "sample" / "treasury_csv"
GOLDEN_MARTS = sorted(path.stem for path in (ROOT / "dbt/models/marts").rglob("*.sql"))
# Where a row came from is no figure: it differs when the same facts come in other files.
LINEAGE = ("source_file", "source_row", "source_sha256", "landed_at")  # of an event, or of each of two
ABOUT_FILES = {"files"}


def _house(folder: Path) -> Settings:
    """A data folder, inbox and seeds of its own, all outside the checkout."""
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    (folder / "inbox" / "treasury_csv").mkdir(parents=True)
    return Settings(data=folder / "data", inbox=folder / "inbox", seeds=folder / "seeds")


def _figures(settings: Settings) -> dict[str, str]:
    """A hash of each mart in the order of its key, lineage aside."""
    hashes = {}
    with connect(settings.warehouse, read_only=True) as connection:
        for mart in read_manifest(settings).marts.keys() - ABOUT_FILES:
            columns = [row[0] for row in connection.execute(f"describe marts.{mart}").fetchall()]
            figures = ", ".join(column for column in columns if not column.endswith(LINEAGE))
            rows = connection.execute(f"select {figures} from marts.{mart} order by all").fetchall()
            hashes[mart] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return hashes


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Settings:
    """The sample, landed and built from the command line by dbt alone, on a machine of another zone."""
    settings = _house(tmp_path_factory.mktemp("sample"))
    for file in SAMPLE.glob("*.csv"):
        shutil.copy(file, settings.inbox / "treasury_csv")
    land(settings, NOW, settle_seconds=0)
    stage_seeds(settings)
    dbt = Path(sys.executable).with_name("dbt")
    command = [dbt, "build", "--project-dir", settings.dbt, "--quiet"]
    elsewhere = {"TZ": "America/New_York", "LC_ALL": "C"}
    subprocess.run(command, env=os.environ | settings.environment() | elsewhere, check=True)
    return settings


@pytest.fixture(scope="module")
def rearranged(tmp_path_factory) -> Settings:
    """The same facts as shuffled rows in four formats and many files, built by the nightly's own function."""
    settings = _house(tmp_path_factory.mktemp("rearranged"))
    inbox = settings.inbox / "treasury_csv"
    header, *events = list(csv.reader((SAMPLE / "events.csv").open()))
    events.reverse()
    _write_csv(inbox / "events-late.csv", header, events[:20])
    (inbox / "2026").mkdir()
    with gzip.open(inbox / "2026" / "events.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows([header, *events[20:45]])
    columns = {name: [row[n] or None for row in events[45:70]] for n, name in enumerate(header)}
    pq.write_table(pa.table(columns), inbox / "EVENTS-old.parquet")
    _write_xlsx(inbox / "events sheet.xlsx", header, events[70:])
    prices_header, *prices = list(csv.reader((SAMPLE / "prices.csv").open()))
    _write_csv(inbox / "prices-b.csv", prices_header, prices[::-2])
    _write_csv(inbox / "prices-a.csv", prices_header, prices[-2::-2])
    shutil.copy(SAMPLE / "balances.csv", inbox / "balances.csv")
    land(settings, NOW, settle_seconds=0)
    build_warehouse(settings)
    return settings


def _write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def _write_xlsx(path: Path, header: list[str], rows: list[list[str]]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [header, *rows]:
        sheet.append([value or None for value in row])
    book.save(path)


def test_the_same_facts_in_other_files_formats_and_order_give_the_same_figures(sample, rearranged):
    assert _figures(rearranged) == _figures(sample)


def test_files_that_arrive_one_by_one_in_another_order_give_byte_equal_exports(sample, tmp_path):
    late = _house(tmp_path)
    for name in ("prices.csv", "balances.csv", "events.csv"):
        shutil.copy(SAMPLE / name, late.inbox / "treasury_csv")
        land(late, NOW, settle_seconds=0)
    build_warehouse(late)
    assert publish(late, NOW.replace(day=24)).manifest["digest"] == publish(sample, NOW).manifest["digest"]


@pytest.mark.parametrize("mart", GOLDEN_MARTS)
def test_marts_of_the_sample_are_the_golden_ones(sample, mart, request):
    """tests/golden/ holds what we looked at and found right; `pytest --renew-golden` writes it anew."""
    with connect(sample.warehouse, read_only=True) as connection:
        columns = [row[0] for row in connection.execute(f"describe marts.{mart}").fetchall()]
        figures = [column for column in columns if column not in ("source_sha256", "landed_at")]
        where = "where date = last_day(date)" if mart.endswith("_daily") else ""
        key = ", ".join(read_manifest(sample).marts[mart])
        rows = connection.execute(
            f"select {', '.join(figures)} from marts.{mart} {where} order by {key}"
        ).fetchall()
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [figures, *([_plain(value) for value in row] for row in rows)]
    )
    golden = ROOT / "tests" / "golden" / f"{mart}.csv"
    if request.config.getoption("--renew-golden"):
        golden.write_text(text.getvalue())
    assert text.getvalue() == golden.read_text()


def _plain(value: object) -> object:
    """A decimal without trailing zeros: 4451, not 4451.000000000000000000."""
    if not isinstance(value, Decimal):
        return value
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def test_a_build_leaves_the_seeds_as_they_were(sample, rearranged):
    """dbt would write compiled SQL over seeds in an absolute folder; see macros/schema.sql."""
    for seeds in (sample.seeds, rearranged.seeds):
        for seed in (ROOT / "seeds").glob("*.csv"):
            assert (seeds / seed.name).read_bytes() == seed.read_bytes(), seed.name


def test_an_empty_inbox_is_a_normal_night(tmp_path):
    settings = _house(tmp_path)
    report = land(settings, NOW, settle_seconds=0)
    build = build_warehouse(settings)
    assert (
        report.rows_landed,
        [n.name for n in build.nodes if n.status in ("fail", "error", "skipped")],
    ) == (0, [])
    assert publish(settings, NOW).rows["events"] == 0
