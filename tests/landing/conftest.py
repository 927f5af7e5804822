"""A house with an empty inbox, and what a test does to it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.landing import LandingReport, land
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect

HEADER = "account_id,asset_id,as_of,quantity,statement,source_url\n"
ROWS = (
    "cango:custody,BTC,2026-01-31T00:00:00Z,1.5,January,\n"
    "cango:custody,BTC,2026-02-28T00:00:00Z,2.5,February,\n"
)


@dataclass(frozen=True)
class House:
    """Settings over an inbox of its own; the same clock for every landing unless the test has another."""

    settings: Settings
    now: datetime = datetime(2026, 11, 23, 2, 30, 15, 999_999, tzinfo=UTC)
    header: str = HEADER
    rows: str = ROWS
    balances: str = HEADER + ROWS

    @property
    def inbox(self) -> Path:
        """The folder of the source."""
        return self.settings.inbox / "treasury_csv"

    def deliver(self, name: str, content: str | bytes = HEADER + ROWS) -> Path:
        """Put a file into the source's folder."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, now: datetime | None = None) -> LandingReport:
        return land(self.settings, now or self.now, settle_seconds=0)

    def query(self, sql: str, *values: object) -> list[tuple]:
        with connect(self.settings.raw, read_only=True) as connection:
            return connection.execute(sql, values).fetchall()

    def tables(self) -> dict[str, list[tuple]]:
        """Every table of raw.duckdb, row by row."""
        with connect(self.settings.raw, read_only=True) as raw:
            names = raw.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
            return {name: raw.execute(f"from {name} order by all").fetchall() for (name,) in sorted(names)}

    def copies(self) -> list[str]:
        """The names in `landing/`, the leftovers of a killed landing too."""
        return _names(self.settings.landing)

    def rejections(self) -> list[str]:
        """The names in `rejected/`."""
        return _names(self.settings.rejected)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="session")
def build_house() -> Callable[[Path], House]:
    """A house in a folder."""

    def build(folder: Path) -> House:
        (folder / "inbox" / "treasury_csv").mkdir(parents=True)
        return House(Settings(data=folder / "data", inbox=folder / "inbox", seeds=ROOT / "seeds"))

    return build


@pytest.fixture
def house(build_house: Callable[[Path], House], tmp_path: Path) -> House:
    return build_house(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """No power fails in these tests, and an fsync takes 8 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
