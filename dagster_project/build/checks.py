"""What SQL cannot see: whether the build got to its end, and whether everything that had to be checked was.

dbt writes `audit.checks` when a run is over, one row per node. A killed build has no such table; a run over a
selection has too few rows. Neither may be published.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import duckdb

from dagster_project.build.warehouse import CHECKS, Manifest
from dagster_project.settings import Settings
from dagster_project.storage.database import attach, connect, printable

GOOD = ("success", "pass", "warn", "no-op")
SAMPLE_ROWS = 5


@dataclass(frozen=True)
class Check:
    """What one dbt node (model, seed, test) came to; `rows` are up to five offenders.

    `owner` says whose business it is: the operator's (files, feeds), the controller's (what figures mean), or
    the maintainer's (the house contradicts itself); docs/operate.md says what to do. `query` is the SQL of a
    check that warns.
    """

    name: str
    kind: str
    status: str
    failures: int
    message: str
    owner: str
    query: str
    rows: list[dict[str, object]] = field(default_factory=list)

    def __str__(self) -> str:
        head = (
            f"{self.name}: {_count(self.failures, 'row') if self.failures else self.message or self.status}"
        )
        return "\n    ".join([head, *(_line(row) for row in self.rows)])


class AuditFailed(Exception):
    """The build must not be published; `failed` says which checks and shows a sample of their rows."""

    def __init__(self, reason: str, failed: Collection[Check] = ()) -> None:
        self.failed = list(failed)
        super().__init__("\n  ".join([reason, *map(str, self.failed)]))


@dataclass(frozen=True)
class Audit:
    """A build that may be published: how many nodes are good, and which checks only warn."""

    passed: int
    warnings: list[Check]


def audit_warehouse(settings: Settings, manifest: Manifest) -> Audit:
    """`audit` of the warehouse as it is."""
    with connect() as connection:
        attach(connection, settings.warehouse, "warehouse")
        return audit(connection, manifest)


def audit(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Audit:
    """Pass the attached database `warehouse`, or raise AuditFailed naming every node that is not good."""
    try:
        rows = connection.execute(
            "select check_name, resource_type, status, coalesce(failures, 0), message, owner, query, "
            "relation_name from warehouse.audit.checks order by check_name"
        ).fetchall()
    except duckdb.CatalogException:
        raise AuditFailed("The build did not get to its end: the warehouse has no audit.checks.") from None
    except duckdb.BinderException:
        raise AuditFailed(
            "Another version of Coffer built the warehouse: build it again (coffer nightly)."
        ) from None
    if missing := sorted((manifest.tables | manifest.checks) - {name for name, *_ in rows}):
        raise AuditFailed(f"The build left out {', '.join(missing)}.")
    bad = [row for row in rows if row[2] not in GOOD]
    if bad:
        failed = [_check(connection, row) for row in bad if row[2] != "skipped"]
        skipped = len(bad) - len(failed)
        behind = f", {skipped} behind them were not run" if skipped else ""
        noun = "check" if all(check.kind in CHECKS for check in failed) else "node"
        raise AuditFailed(f"{_count(len(failed), noun)} failed{behind}:", failed)
    warnings = [_check(connection, row) for row in rows if row[2] == "warn"]
    return Audit(len(rows) - len(warnings), warnings)


def _check(connection: duckdb.DuckDBPyConnection, row: tuple) -> Check:
    *what, relation = row
    check = Check(*what)
    if check.kind == "test" and relation and check.failures:
        return replace(check, rows=_sample(connection, relation))
    return check


def _sample(connection: duckdb.DuckDBPyConnection, relation: str) -> list[dict[str, object]]:
    try:
        offenders = connection.execute(f"from {relation} limit {SAMPLE_ROWS}")
    except duckdb.CatalogException:
        return []  # a check that does not store its failures
    names = [column[0] for column in offenders.description]
    return [dict(zip(names, values, strict=True)) for values in offenders.fetchall()]


def _line(row: dict[str, object]) -> str:
    return ", ".join(f"{name}={printable(value)}" for name, value in row.items() if value is not None)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
