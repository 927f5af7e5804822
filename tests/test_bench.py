"""What benchmarks run on is the same every time, and sound; and the benchmark of loans and money runs."""

import csv
import filecmp
import json
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


BENCH = ROOT / "tests" / "bench"
HOUSES = {
    "treasury": ("treasury.py", "--events", "2000"),
    "money": ("treasury.py", "--events", "2000", "--deck", "money"),
    "loans": ("loan_book.py", "--loans", "15"),
}


def _generate(house: str, folder: Path) -> Path:
    script, *options = HOUSES[house]
    subprocess.run([sys.executable, BENCH / script, folder, *options], check=True)
    return folder


@pytest.fixture(scope="module")
def treasury(tmp_path_factory) -> Path:
    """Two thousand events with their prices, statements and seeds."""
    return _generate("treasury", tmp_path_factory.mktemp("treasury") / "first")


@pytest.mark.parametrize("house", HOUSES)
def test_the_same_seed_gives_the_same_bytes(house, tmp_path):
    first, again = (_generate(house, tmp_path / folder) for folder in ("first", "again"))
    files = [file.relative_to(first) for file in first.rglob("*.csv")]
    _, different, missing = filecmp.cmpfiles(first, again, files, shallow=False)
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


@pytest.mark.deep
def test_loans_and_tracing_are_measured_beside_their_floors(tmp_path):
    """On small houses: what `make bench` does on large ones."""
    figures = tmp_path / "figures.json"
    options = "--loans", "15", "--movements", "1000", "--json", figures
    ran = subprocess.run(
        [sys.executable, BENCH / "money.py", *options], check=True, capture_output=True, text=True
    )
    loans, tracing = json.loads(figures.read_text())["runs"]
    # Five years have 1,827 days; a loan is paid 59 times interest and 19 times principal.
    assert (loans["rows"]["marts.loans_daily"], loans["rows"]["marts.loan_repayments"]) == (
        15 * 1_827,
        15 * 78,
    )
    assert tracing["rows"]["marts.proceeds_uses"] > 900
    for run in (loans, tracing):
        assert len(run["costs"]) == 3  # start-up, floor, ours
        assert min(cost["cpu_seconds"] for cost in run["costs"].values()) > 0
        assert min(cost["peak_bytes"] for cost in run["costs"].values()) > 1 << 20
    assert ran.stdout.count("CPU less start-up ÷ floor") == 2


def test_the_site_is_measured_in_a_browser(tmp_path):
    figures = tmp_path / "figures.json"
    options = "--disposals", "6000", "--times", "1", "--json", figures
    ran = subprocess.run(
        [sys.executable, BENCH / "site.py", *options], check=True, capture_output=True, text=True
    )
    told = json.loads(figures.read_text())
    assert told["render"]["cpu_seconds"] > 0
    assert told["bytes"] > 1 << 20
    waits = told["milliseconds"]
    assert len(waits) == 6
    assert 0 < waits["load: the page can be used"] <= waits["load: every row is there"]
    assert "filter by company, ms" in ran.stdout
