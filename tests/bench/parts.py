"""One part of the night, in the house that COFFER_DATA, COFFER_INBOX and COFFER_SEEDS point at.

    python tests/bench/parts.py land

Each part imports what it needs and nothing else, so that a process which runs it costs what the part costs.
"""

import csv
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.settings import Settings, load_settings

TYPES = dict.fromkeys(("occurred_at", "identified_at", "priced_at", "as_of"), "timestamptz")
TYPES |= dict.fromkeys(("quantity", "from_quantity", "to_quantity", "fee_quantity"), "decimal(38, 18)")
TYPES |= {"price": "decimal(28, 8)", "value_usd": "decimal(18, 2)", "is_illustrative": "boolean"}


def read_alone(settings: Settings) -> None:
    """The floor: DuckDB reads the same files into typed tables; nothing is checked, nothing is kept."""
    _read(settings, TYPES)


def read_as_text(settings: Settings) -> None:
    """The floor of landing and staging: DuckDB reads the same files into tables of text."""
    _read(settings, {})


def _read(settings: Settings, types: dict[str, str]) -> None:
    import duckdb

    settings.data.mkdir(exist_ok=True)
    database = settings.data / "floor.duckdb"
    database.unlink(missing_ok=True)
    with duckdb.connect(database) as connection:
        for entity in ("events", "prices", "balances"):
            files = sorted(map(str, settings.inbox.glob(f"treasury_csv/{entity}*.csv")))
            columns = {name: types.get(name, "varchar") for name in _header(files[0])}
            connection.execute(
                f"create table {entity} as from read_csv($files, columns = {columns}, header = true)",
                {"files": files},
            )


def _header(path: str) -> list[str]:
    with Path(path).open(newline="") as file:
        return next(csv.reader(file))


def sort_alone(settings: Settings, *tables: str) -> None:
    """The floor of what is built: DuckDB reads, sorts and writes tables, each `schema.name:its key`."""
    import duckdb

    database = settings.data / "floor.duckdb"
    database.unlink(missing_ok=True)
    with duckdb.connect(database) as connection:
        connection.execute(f"attach '{settings.warehouse}' as warehouse (read_only)")
        for number, (name, _, key) in enumerate(table.partition(":") for table in tables):
            connection.execute(f"create table sorted_{number} as from warehouse.{name} order by {key}")


def count_rows(settings: Settings, *tables: str) -> None:
    """Prints how many rows each table has."""
    import duckdb

    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        for table in tables:
            [[rows]] = connection.execute(f"select count(*) from {table}").fetchall()
            print(rows)


def start_up(settings: Settings) -> None:
    """What every command of `coffer` imports."""
    import dagster_project.cli  # noqa: F401


def load_definitions(settings: Settings) -> None:
    """What Dagster needs before its first step; the manifest is there."""
    from dagster_project.definitions import house

    house(settings)


def parse(settings: Settings) -> None:
    """The dbt project's manifest, where it is missing or old."""
    from dagster_project.build.warehouse import ensure_manifest

    ensure_manifest(settings)


def land(settings: Settings) -> None:
    """The inbox into the landing folder and raw.duckdb."""
    from dagster_project.landing import land

    land(settings, datetime.now(UTC))


def build(settings: Settings) -> None:
    """The warehouse and all checks; prints the wall seconds of each dbt node."""
    from dagster_project.build.warehouse import build_warehouse

    print(json.dumps({node.name: node.seconds for node in build_warehouse(settings).nodes}))


def stage(settings: Settings) -> None:
    """What staging adds to landing: every landed row of the universal format is read strictly, and kept."""
    import duckdb

    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        connection.execute(f"attach '{settings.raw}' as raw (read_only)")
        for entity in ("events", "prices", "balances"):
            connection.execute(f"create temp table {entity} as from staging.stg_treasury_csv__{entity}")


def publish(settings: Settings) -> None:
    """The audit, the copy aside, the switch."""
    from dagster_project.published.publish import publish

    publish(settings, datetime.now(UTC))


NIGHT = read_alone, read_as_text, start_up, load_definitions, parse, land, build, stage, publish
PARTS = {part.__name__: part for part in (*NIGHT, sort_alone, count_rows)}

if __name__ == "__main__":
    _, name, *arguments = sys.argv
    PARTS[name](load_settings(), *arguments)
