"""Golden pairs: what each source's files, under every known header, are made into.

`tests/sources/<source>/` holds files as that source sends them, its `expected/` one CSV per question below. A
new source adds files only; `pytest tests/test_sources.py --renew-golden` writes what is expected: read it.
"""

import csv
import io
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.build.warehouse import Build, build_warehouse
from dagster_project.landing import LandingReport, land
from dagster_project.landing.contracts import load_contracts
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
SOURCES = sorted(path.name for path in (ROOT / "tests" / "sources").iterdir())
CONTRACTS = load_contracts(ROOT / "dbt" / "models" / "staging")
VERSIONS = [(contract, header) for contract in CONTRACTS for header in contract.layout.headers]

EXPECTED = {
    "events": """
        select source_file, source_row, native_id, row_status, reason, company_id, occurred_at, event_type,
            from_account, from_asset, from_quantity, to_account, to_asset, to_quantity,
            fee_account, fee_asset, fee_quantity, value_usd, group_id, note
        from intermediate.int_events_checked where source = $1 order by source_file, source_row, native_id""",
    "prices": """
        select source_file, source_row, row_status, reason,
            price_source, asset_id, quote_asset, priced_at, price
        from intermediate.int_prices_checked where source = $1 order by source_file, source_row""",
    "balances": """
        select source_file, source_row, row_status, reason, account_id, asset_id, as_of, quantity
        from intermediate.int_balances_checked where source = $1 order by all""",
    "ignored": """
        select source_file, source_row, reason from marts.ignored_rows where source = $1 order by all""",
    "rejected": """
        select message from marts.rejected_rows where source = $1 order by all""",
    "files": """
        select source_file, entity, rows_landed, rows_accepted, rows_duplicate, rows_ignored, rows_rejected
        from marts.files where source = $1 order by all""",
}


class House:
    """Every source's files, landed and built in one night."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=ROOT / "seeds")
        for source in SOURCES:
            shutil.copytree(
                ROOT / "tests" / "sources" / source,
                self.settings.inbox / source,
                ignore=shutil.ignore_patterns("expected"),
            )
        self.report: LandingReport = land(self.settings, NOW, settle_seconds=0)
        self.build: Build = build_warehouse(self.settings)

    def answer(self, query: str, source: str) -> str:
        """The rows of a query as CSV; numbers without trailing zeros."""
        with connect(self.settings.warehouse, read_only=True) as connection:
            result = connection.execute(query, [source])
            file = io.StringIO()
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([column[0] for column in result.description])
            writer.writerows(map(_shown, row) for row in result.fetchall())
        return file.getvalue()


def _shown(value: object) -> object:
    text = "" if value is None else str(value)
    return text.rstrip("0").rstrip(".") if hasattr(value, "as_tuple") and "." in text else text


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    return House(tmp_path_factory.mktemp("sources"))


def test_every_file_is_accepted_and_every_law_holds(house):
    assert house.report.refused == []
    assert [node.name for node in house.build.nodes if node.status in ("fail", "error", "skipped")] == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", EXPECTED)
def test_files_become_what_is_expected(house, request, source, name):
    path = ROOT / "tests" / "sources" / source / "expected" / f"{name}.csv"
    answer = house.answer(EXPECTED[name], source)
    if answer.count("\n") == 1:  # the source has none of these
        assert not path.exists()
        return
    if request.config.getoption("--renew-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(answer)
    assert answer == path.read_text()


@pytest.mark.parametrize(
    ("contract", "header"),
    VERSIONS,
    ids=[f"{contract.source}-{contract.entity}-{len(header.names)}" for contract, header in VERSIONS],
)
def test_every_known_header_has_a_file(contract, header):
    """The header as it stands in the contract, in one of the source's files, within its preamble."""
    delimiter, lines = contract.layout.delimiter, contract.layout.preamble_lines + 1
    headers = [
        next(csv.reader([line], delimiter=delimiter))
        for path in (ROOT / "tests" / "sources" / contract.source).glob("*.csv")
        for line in path.read_text(encoding="utf-8-sig").splitlines()[:lines]
        if line
    ]
    known = list(header.names)
    assert any(found[: len(known)] == known for found in headers)
