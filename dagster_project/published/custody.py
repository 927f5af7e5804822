"""From the bytes that were accepted to what is published: do they still say the same?

An auditor asks for this once a quarter (PCAOB AS 1105.10A: is the information complete and unaltered?).
Nothing here writes, except a second raw database beside the first one, which is removed again.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from duckdb import DuckDBPyConnection

from dagster_project import landing
from dagster_project.landing import archive
from dagster_project.published import builds
from dagster_project.settings import Settings
from dagster_project.storage.database import attach, connect, name


def mismatches(settings: Settings) -> Iterator[str]:
    """Check the archive, raw and the published build against each other; one sentence for each mismatch.

    The caller holds the writer's lock.
    """
    archive_mismatches = list(_mismatches_of_archive(settings))
    yield from archive_mismatches
    if not archive_mismatches:
        yield from _mismatches_of_raw(settings)
    if build := builds.current(settings):
        yield from builds.verify(build.path)
        yield from _mismatches_of_inputs(settings, build)


def _mismatches_of_archive(settings: Settings) -> Iterator[str]:
    try:
        for path, delivery, _ in archive.kept(settings.landing):
            try:
                archive.check(path, delivery)
            except archive.DamagedFile as error:
                yield str(error)
    except archive.DamagedFile as error:  # a sidecar: no more can be said
        yield str(error)


def _mismatches_of_raw(settings: Settings) -> Iterator[str]:
    """Read every archived file again, and compare each table row by row, whatever their order."""
    with TemporaryDirectory(dir=settings.data, prefix="verify-", suffix=".tmp") as folder:
        again = Path(folder) / "raw.duckdb"
        landing.restore_raw(settings, again)
        with connect() as connection:
            attach(connection, settings.raw, "raw")
            attach(connection, again, "again")
            for table in _tables(connection):
                yield from _mismatches_of_table(connection, table)


def _mismatches_of_table(connection: DuckDBPyConnection, table: str) -> Iterator[str]:
    there, again = (_columns(connection, database, table) for database in ("raw", "again"))
    columns = ", ".join(name(column) for column in again if column in there)
    if not there:
        yield f"{table}: raw does not have it. The next run makes it."
    elif not again:
        yield f"{table}: raw has it, no file in landing does."
    else:
        for one, other, what in (("raw", "again", "in no file"), ("again", "raw", "of files, not in raw")):
            [(rows,)] = connection.execute(
                f"select count(*) from (select {columns} from {one}.{table} "
                f"except all select {columns} from {other}.{table})"
            ).fetchall()
            if rows:
                yield f"{table}: {rows:,} rows are {what}. `coffer rebuild-raw` reads all files again."


def _mismatches_of_inputs(settings: Settings, build: builds.Published) -> Iterator[str]:
    known = {delivery.source_sha256 for _, delivery, _ in archive.kept(settings.landing)}
    for file in build.manifest["inputs"]:
        if file["sha256"] not in known:
            yield f"{build.path} rests on {file['source_file']}, which is not in landing."


def _tables(connection: DuckDBPyConnection) -> list[str]:
    """Every table of rows; the register of files also has what only the run knew, such as refusals."""
    found = connection.execute(
        "select distinct schema_name, table_name from duckdb_tables() "
        "where database_name in ('raw', 'again') and (schema_name, table_name) <> ('landing', 'files') "
        "order by all"
    ).fetchall()
    return [f"{name(schema)}.{name(table)}" for schema, table in found]


def _columns(connection: DuckDBPyConnection, database: str, table: str) -> list[str]:
    found = connection.execute(
        "select column_name from duckdb_columns() "
        "where database_name = ? and '\"' || schema_name || '\".\"' || table_name || '\"' = ?",
        [database, table],
    ).fetchall()
    return [column for (column,) in found]
