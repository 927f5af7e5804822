"""What the tests of faults do to a house, and ask it afterwards."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.published.builds import current, verify
from dagster_project.settings import Settings
from dagster_project.storage.database import connect

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
DEEP = bool(os.environ.get("COFFER_DEEP"))


def write_balances(settings: Settings, name: str, rows: int) -> None:
    """Put a file into the inbox, with a row that is cut off besides."""
    lines = (f"acme:custody,BTC,2026-01-31T00:00:00Z,{row}.5,{name},\n" for row in range(rows))
    header = "account_id,asset_id,as_of,quantity,statement,source_url\n"
    (settings.inbox / "treasury_csv" / name).write_text(header + "".join(lines) + "cut off\n")


def raw_tables(settings: Settings) -> dict[str, list[tuple]]:
    """Every table of raw.duckdb, row by row; a refusal without its time, which is the latest one's."""
    refusals = "select * replace (case when status = 'accepted' then landed_at end as landed_at) "
    with connect(settings.raw, read_only=True) as raw:
        names = raw.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            name: raw.execute(f"{refusals * (name == 'landing.files')} from {name} order by all").fetchall()
            for (name,) in names
        }


def assert_no_row_is_lost(tables: dict[str, list[tuple]]) -> None:
    """Rows landed = accepted + rejected, in the register and in the tables."""
    accepted = [file for file in tables["landing.files"] if file[6] == "accepted"]
    assert all(file[7] == file[8] + file[9] for file in accepted)
    stored = sum(len(rows) for name, rows in tables.items() if not name.startswith("landing."))
    assert stored == sum(file[8] for file in accepted)
    assert len(tables["landing.rejected_rows"]) == sum(file[9] for file in accepted)


def clone(settings: Settings, folder: Path) -> Settings:
    """A copy of a house's data, with the same inbox and seeds."""
    shutil.copytree(settings.data, folder, symlinks=True, dirs_exist_ok=True)
    return Settings(data=folder, inbox=settings.inbox, seeds=settings.seeds)


def whole_digest(settings: Settings) -> str | None:
    """The digest of what is published, of which every byte is as it was published; None before the first."""
    build = current(settings)
    if build is None:
        return None
    assert verify(build.path) == []
    return build.manifest["digest"]
