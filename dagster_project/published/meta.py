"""Schema `marts_meta` of a published database: what its manifest says, for those who ask in SQL."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from dagster_project.published.builds import Published
from dagster_project.storage.database import attach, connect, text

TABLES = """
create schema coffer.marts_meta;
create table coffer.marts_meta.builds (
    build_id varchar primary key, published_at timestamp, data_date date, digest varchar,
    code_version varchar, code_commit varchar, is_code_changed boolean,
    checks_passed bigint, checks_warned bigint
);
create table coffer.marts_meta.inputs (source_file varchar, source_sha256 varchar, rows_accepted bigint);
create table coffer.marts_meta.outputs (mart varchar primary key, rows bigint, parquet_sha256 varchar);
create table coffer.marts_meta.warnings (
    check_name varchar primary key, failures bigint, owner varchar, query varchar
);
comment on table coffer.marts_meta.builds is
    'One row per build that was published, this one and those before it: from which code, with which result.';
comment on table coffer.marts_meta.inputs is 'One row per file on which this build rests.';
comment on table coffer.marts_meta.outputs is 'One row per mart, with the SHA-256 of its Parquet file.';
comment on table coffer.marts_meta.warnings is
    'One row per check of this build that warns, whose it is, and the SQL that it asked the warehouse; '
    'docs/operate.md says what to do.';
"""


def write(database: Path, manifest: dict, before: Iterable[Published]) -> None:
    """Add the schema to a database that is not published yet.

    The history of builds goes on from the first of those before it that can be read.
    """
    code, checks = manifest["code"], manifest["checks"]
    this = (
        *(manifest[key] for key in ("build_id", "published_at", "data_date", "digest")),
        *(code[key] for key in ("version", "commit", "is_dirty")),
        checks["passed"],
        len(checks["warnings"]),
    )
    rows = {
        "builds": [this],
        "inputs": [tuple(file.values()) for file in manifest["inputs"]],
        "outputs": [(mart, about["rows"], about["sha256"]) for mart, about in manifest["marts"].items()],
        "warnings": [tuple(warning.values()) for warning in checks["warnings"]],
    }
    with connect() as connection:
        connection.execute(f"attach {text(database)} as coffer")
        connection.execute(TABLES)
        for table, values in rows.items():
            if values:
                places = ", ".join("?" * len(values[0]))
                connection.executemany(f"insert into coffer.marts_meta.{table} values ({places})", values)
        any(_take_over_history(connection, build) for build in before)
        connection.execute("checkpoint coffer")  # close() alone swallows a checkpoint that fails
        connection.execute("detach coffer")
    if Path(f"{database}.wal").exists():
        raise OSError(f"{database}: DuckDB left a write-ahead log, so the file is not complete.")


def _take_over_history(connection: DuckDBPyConnection, build: Published) -> bool:
    try:
        attach(connection, build.database, "before")
        connection.execute("insert or ignore into coffer.marts_meta.builds from before.marts_meta.builds")
    except (duckdb.Error, OSError):  # it is damaged, or from a time without this schema
        return False
    finally:
        connection.execute("detach database if exists before")
    return True
