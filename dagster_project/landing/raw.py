"""raw.duckdb: landed rows as text, each with the place it came from. Append-only, derived from `landing/`."""

import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from dagster_project.landing.contracts import Contract
from dagster_project.landing.readers import BadRow, Batch
from dagster_project.storage import database

log = logging.getLogger("coffer")

DAMAGE = re.compile(
    "corrupt|not a valid DuckDB database|could not read enough bytes|replaying WAL", re.IGNORECASE
)
LANDING_TABLES = """
create schema if not exists landing;
create table if not exists landing.files (
    source varchar, entity varchar, source_file varchar, source_sha256 varchar, bytes bigint,
    landed_at timestamp, status varchar, rows_landed bigint, rows_accepted bigint, rows_rejected bigint,
    reason varchar, message varchar
);
create table if not exists landing.rejected_rows (
    source varchar, entity varchar, source_file varchar, source_sha256 varchar, source_row bigint,
    reason varchar, message varchar, raw_row varchar, landed_at timestamp
);
"""


@dataclass(frozen=True)
class Delivery:
    """A file that was delivered: what it holds, its name, its bytes, when it came (naive UTC, seconds).

    `entity` is None where the name did not say, `source_sha256` and `bytes` where not a byte was read.
    """

    source: str
    entity: str | None
    source_file: str
    source_sha256: str | None
    bytes: int | None
    landed_at: datetime

    @property
    def address(self) -> str:
        """The file's name for messages and logs, on one line whatever it is made of."""
        return database.printable(self.source_file)


@contextmanager
def writing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose commits all stand in the file itself afterwards.

    DuckDB's close() swallows a failed checkpoint, so the log is written out, and looked for, explicitly.
    """
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)  # what a killed landing spilled
    connection = database.connect(path)
    try:
        # A second thread costs 1 CPU s per million rows of 20 columns and saves no time.
        connection.execute("set threads = 1; set memory_limit = '512MB'")
        connection.execute(LANDING_TABLES)
        yield connection
        connection.execute("checkpoint")
    finally:
        connection.close()
    if log_of(path).exists():
        raise OSError(f"{path}: its log could not be written into it. Free some disk space and run again.")


def set_aside_if_damaged(path: Path) -> None:
    """Move a database that cannot be read out of the way: all of it can be read again from `landing/`."""
    if not path.exists():
        return
    try:
        with database.connect(path) as connection:
            connection.execute(LANDING_TABLES)
            accepted_files(connection)
    except duckdb.Error as error:
        if not DAMAGE.search(str(error).replace(str(path), "")):
            raise
        damaged = path.with_name("raw.damaged.duckdb")
        log.warning(f"{path} is damaged. It was moved to {damaged.name}, and landing/ is read again. {error}")
        os.replace(path, damaged)
        log_of(path).unlink(missing_ok=True)


def log_of(path: Path) -> Path:
    """The write-ahead log beside a database file."""
    return path.with_name(f"{path.name}.wal")


def create_table(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """The source table of a contract; a column that the contract gained is added, none is ever dropped."""
    columns = ", ".join(f"{database.name(column)} varchar" for column in contract.columns)
    connection.execute(f"create schema if not exists {database.name(contract.source)}")
    connection.execute(
        f"create table if not exists {_table(contract)}"
        f" ({columns}, source_file varchar, source_sha256 varchar, source_row bigint, landed_at timestamp)"
    )
    for column in contract.columns:
        connection.execute(
            f"alter table {_table(contract)} add column if not exists {database.name(column)} varchar"
        )


def accepted_files(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str, str], str]:
    """Source, entity and hash of every accepted file → the name under which it came first."""
    found = connection.execute(
        "select source, entity, source_sha256, source_file from landing.files where status = 'accepted'"
    ).fetchall()
    return {(source, entity, sha256): source_file for source, entity, sha256, source_file in found}


def append(
    connection: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery, batch: Batch
) -> tuple[int, int]:
    """Store the good and the bad rows of a batch; returns how many of each the database took."""
    lineage = {
        "source_file": delivery.source_file,
        "source_sha256": delivery.source_sha256,
        "landed_at": delivery.landed_at,
    }
    accepted = _insert(connection, _table(contract), batch.rows, lineage)
    if not batch.bad:
        return accepted, 0
    lineage |= {"source": delivery.source, "entity": delivery.entity}
    return accepted, _insert(
        connection, "landing.rejected_rows", _rejected_rows(delivery, batch.bad), lineage
    )


def record_accepted(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, landed: int, accepted: int, rejected: int
) -> None:
    """Enter a file whose rows are stored; an earlier refusal of the same bytes and name is forgotten."""
    _forget_refusal(connection, delivery)
    _record(connection, delivery, "accepted", landed, accepted, rejected, None, None)


def record_refused(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, reason: str, message: str
) -> None:
    """Enter a refused file, once per name and bytes: the same refusal as in the last run changes nothing."""
    known = connection.execute(
        "select reason, message from landing.files where status = 'refused'"
        " and source_file = $1 and source_sha256 is not distinct from $2",
        [delivery.source_file, delivery.source_sha256],
    ).fetchall()
    if known != [(reason, message)]:
        _forget_refusal(connection, delivery)
        _record(connection, delivery, "refused", 0, 0, 0, reason, message)


def _forget_refusal(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    connection.execute(
        "delete from landing.files where status = 'refused'"
        " and source_file = $1 and source_sha256 is not distinct from $2",
        [delivery.source_file, delivery.source_sha256],
    )


def _record(connection: duckdb.DuckDBPyConnection, delivery: Delivery, *outcome: str | int | None) -> None:
    values = [*astuple(delivery), *outcome]
    connection.execute(f"insert into landing.files values ({', '.join('?' * len(values))})", values)


def _rejected_rows(delivery: Delivery, bad: list[BadRow]) -> pa.Table:
    return pa.table(
        {
            "source_row": [row.source_row for row in bad],
            "reason": [row.reason for row in bad],
            "message": [f"{delivery.address}, row {row.source_row}: {row.sentence}" for row in bad],
            "raw_row": [row.raw_row for row in bad],
        }
    )


def _insert(connection: duckdb.DuckDBPyConnection, table: str, batch: pa.Table, lineage: dict) -> int:
    # The SQL finds `batch` by its Python name: a registered view would keep every batch until the commit.
    beside = ", ".join(f"${column} as {column}" for column in lineage)
    inserted = connection.execute(f"insert into {table} by name select *, {beside} from batch", lineage)
    [(count,)] = inserted.fetchall()
    return count


def _table(contract: Contract) -> str:
    return f"{database.name(contract.source)}.{database.name(contract.entity)}"
