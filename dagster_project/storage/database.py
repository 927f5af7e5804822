"""DuckDB connections as this house wants them, and the two ways of quoting."""

from pathlib import Path
from tempfile import gettempdir

import duckdb

from dagster_project.settings import Settings

# Nothing is fetched and nothing is loaded unasked: what is not in the wheel is not used (faults.md, S-12).
SEALED = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}


def connect(
    path: Path | None = None,
    *,
    read_only: bool = False,
    memory_limit: str = Settings.memory_limit,
    spill: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database file, or one in memory: in UTC whatever the machine's zone, no extensions fetched.

    What does not fit `memory_limit` is written into the folder `spill`, or where DuckDB likes it.
    """
    connection = duckdb.connect(str(path or ":memory:"), read_only=read_only, config=dict(SEALED))
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set memory_limit = {text(memory_limit)}")
    if spill:
        connection.execute(f"set temp_directory = {text(spill)}")
    return connection


def connect_for_reading(
    path: Path, memory_limit: str = Settings.memory_limit, spill: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Open a published database for other people's SQL: it reads the marts and nothing else of this machine.

    `read_only` alone would let SQL read any file, write files, attach the raw database and change these
    settings back. `spill` is not beside the build, unless its caller asks for that.
    """
    spill = spill or Path(gettempdir()) / "coffer-sql"
    connection = connect(path, read_only=True, memory_limit=memory_limit, spill=spill)
    connection.execute("set search_path = 'marts'")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, alias: str) -> None:
    """Attach a database file for reading; raises FileNotFoundError with what to do when there is none."""
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}. `coffer nightly` makes it.")
    connection.execute(f"attach {text(path)} as {alias} (read_only)")


def name(identifier: str) -> str:
    '''An identifier as SQL: a "b" → "a ""b""".'''
    return '"' + identifier.replace('"', '""') + '"'


def text(value: object) -> str:
    """A value as an SQL string: it's → 'it''s'."""
    return "'" + str(value).replace("'", "''") + "'"


def printable(value: object) -> str:
    """A value as one line for a terminal: what could move the cursor or reorder the text is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value))
