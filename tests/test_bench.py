"""The treasury that benchmarks run on is the same every time, and sound."""

import csv
import filecmp
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.landing import land
from dagster_project.settings import ROOT, Settings

HELD = ("custody", "exchange", "cash", "collateral")


def _generate(folder: Path) -> Path:
    command = [sys.executable, ROOT / "tests" / "bench" / "treasury.py", folder, "--events", "2000"]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="module")
def treasury(tmp_path_factory) -> Path:
    """Two thousand events with their prices, statements and seeds."""
    return _generate(tmp_path_factory.mktemp("treasury") / "first")


def test_the_same_seed_gives_the_same_bytes(treasury, tmp_path):
    again = _generate(tmp_path / "again")
    files = [file.relative_to(treasury) for file in treasury.rglob("*.csv")]
    _, different, missing = filecmp.cmpfiles(treasury, again, files, shallow=False)
    assert files
    assert (different, missing) == ([], [])


def test_every_row_lands(treasury, tmp_path):
    settings = Settings(data=tmp_path / "data", inbox=treasury / "inbox", seeds=treasury / "seeds")
    report = land(settings, datetime.now(UTC), settle_seconds=0)
    rows = {Path(file.source_file).stem: file.rows_accepted for file in report.landed}
    assert sum(count for name, count in rows.items() if name.startswith("events")) == 2_000
    assert (report.rows_rejected, report.refused) == (0, [])


def test_no_company_spends_what_it_does_not_have(treasury):
    for file in (treasury / "inbox").rglob("events-*.csv"):
        held = defaultdict(Decimal)
        for event in csv.DictReader(file.open(newline="")):
            for side, sign in (("to", 1), ("from", -1), ("fee", -1)):
                held[event[f"{side}_account"].partition(":")[2]] += sign * Decimal(
                    event[f"{side}_quantity"] or 0
                )
            assert min(held[account] for account in HELD) >= 0, event["event_id"]
