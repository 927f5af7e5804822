"""Publish the warehouse: audited, copied, then switched in (`builds.py`).

The published database holds tables only, so that opening it runs nobody's code: schema `marts`, and what the
build says of itself (`meta.py`), in a storage version that DuckDB 1.1 can open. Two builds of the same marts
have byte-equal Parquet files, each mart in the order of its key; a `.duckdb` file never has that property. So
"the same figures" means equal Parquet hashes, and a run that changes nothing keeps the build it finds.
"""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from duckdb import DuckDBPyConnection

from dagster_project.build.checks import Audit, AuditFailed, audit
from dagster_project.build.warehouse import Manifest, read_manifest
from dagster_project.published import builds, dbt_docs, meta, workbook
from dagster_project.published.builds import Published
from dagster_project.published.site.render import render
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import attach, connect, name, text

CODE = ("dagster_project", "dbt", "seeds")  # the parts of a checkout that decide what a build says
STORAGE_VERSION = "v1.0.0"
PER_BUILD = ("build_id", "published_at")  # what differs between two builds of the same facts


def publish(settings: Settings, now: datetime) -> Published:
    """Publish the warehouse, or keep the current build where nothing but the time would differ.

    `now` is the moment of publication, UTC. The caller holds the writer's lock. Raises AuditFailed when a
    check failed or the warehouse is not the result of one complete build; the current build then stays as it
    was.
    """
    staged = builds.start(settings)
    try:
        facts = export(settings, staged)
        if unchanged := _unchanged(settings, facts):
            return unchanged
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        stamp = {
            "build_id": f"{now:%Y%m%dT%H%M%SZ}-{digest[:8]}",
            "published_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        }
        meta.write(staged / "coffer.duckdb", stamp | facts, builds.kept(settings))
        workbook.write(settings, staged, stamp | facts)
        dbt_docs.write(settings, staged)
        render(staged / "coffer.duckdb", staged / "site", settings.memory_limit, builds.spill(staged))
        return builds.finish(settings, staged, stamp | facts)
    finally:
        shutil.rmtree(staged, ignore_errors=True)  # a failed publication gives its space back


def _unchanged(settings: Settings, facts: dict) -> Published | None:
    """The current build, if it states the same facts and every byte of it is as it was published."""
    try:
        before = builds.current(settings)
        if before and {k: v for k, v in before.manifest.items() if k not in PER_BUILD} == facts:
            return None if builds.verify(before.path) else before
    except (OSError, ValueError):  # a build that cannot be read is replaced
        pass
    return None


def export(
    settings: Settings, staged: Path, beside: Callable[[DuckDBPyConnection], None] = lambda _: None
) -> dict:
    """Audit the warehouse and write its marts into an empty build's folder: a database and Parquet files.

    `beside` may write more into the database, `coffer`. Returns what the marts say: the manifest but for id
    and time. Raises AuditFailed as `publish` does.
    """
    database = staged / "coffer.duckdb"
    with connect(memory_limit=settings.memory_limit, spill=builds.spill(staged)) as connection:
        attach(connection, settings.warehouse, "warehouse")
        attach(connection, settings.raw, "raw")
        manifest = read_manifest(settings)
        audited = audit(connection, manifest)
        connection.execute(f"attach {text(database)} as coffer (storage_version {text(STORAGE_VERSION)})")
        connection.execute("create schema coffer.marts")
        marts = {mart: _copy(connection, mart, key, staged) for mart, key in _marts(connection, manifest)}
        facts = _facts(connection, settings, marts, audited)
        beside(connection)
        connection.execute("checkpoint coffer")  # close() alone swallows a checkpoint that fails
        connection.execute("detach coffer")
    return facts


def _marts(connection: DuckDBPyConnection, manifest: Manifest) -> list[tuple[str, list[str]]]:
    """Each mart with its key; refuses a warehouse whose marts are not those of the dbt project."""
    tables = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts'"
    ).fetchall()
    if differ := {table for (table,) in tables} ^ manifest.marts.keys():
        raise AuditFailed(f"The warehouse and the dbt project do not agree on: {', '.join(sorted(differ))}.")
    return sorted(manifest.marts.items())


def _copy(connection: DuckDBPyConnection, mart: str, key: list[str], staged: Path) -> dict:
    """Copy one mart in the order of its key, with its descriptions as comments; rows, hash and columns."""
    columns = connection.execute(
        "select column_name as name, data_type as type, coalesce(comment, '') as description "
        "from duckdb_columns() where (database_name, schema_name, table_name) = ('warehouse', 'marts', ?) "
        "order by column_index",
        [mart],
    ).fetchall()
    [(description,)] = connection.execute(
        "select coalesce(comment, '') from duckdb_tables() "
        "where (database_name, schema_name, table_name) = ('warehouse', 'marts', ?)",
        [mart],
    ).fetchall()
    # The key, then everything else: a total order even where no key is declared.
    order = ", ".join(name(column) for column in dict.fromkeys([*key, *(column for column, *_ in columns)]))
    table, parquet = f"coffer.marts.{name(mart)}", staged / "parquet" / f"{mart}.parquet"
    connection.execute(f"create table {table} as from warehouse.marts.{name(mart)} order by {order}")
    connection.execute(f"comment on table {table} is {text(description)}")
    for column, _, comment in columns:
        connection.execute(f"comment on column {table}.{name(column)} is {text(comment)}")
    connection.execute(f"copy (from {table}) to {text(parquet)} (format parquet, compression zstd)")
    [(rows,)] = connection.execute(f"select count(*) from {table}").fetchall()
    return {
        "rows": rows,
        "sha256": builds.sha256(parquet),
        "description": description,
        "columns": [dict(zip(("name", "type", "description"), column, strict=True)) for column in columns],
    }


def _facts(connection: DuckDBPyConnection, settings: Settings, marts: dict, audited: Audit) -> dict:
    inputs = connection.execute(
        "select source_file, source_sha256, rows_accepted from raw.landing.files "
        "where status = 'accepted' and ($1 is null or landed_at < $1::date + interval 1 day) order by all",
        [settings.known_on],
    ).fetchall()
    digest = hashlib.sha256("".join(f"{marts[mart]['sha256']}  {mart}\n" for mart in marts).encode())
    return {
        "data_date": _data_date(connection, marts),
        "digest": digest.hexdigest(),
        "code": code_version(),
        "marts": marts,
        "inputs": [dict(zip(("source_file", "sha256", "rows"), file, strict=True)) for file in inputs],
        "checks": {
            "passed": audited.passed,
            "warnings": [
                {key: getattr(check, key) for key in ("name", "failures", "owner", "query")}
                for check in audited.warnings
            ],
        },
    }


def _data_date(connection: DuckDBPyConnection, marts: dict) -> str | None:
    """The UTC day of the latest event: how far the figures reach, whenever they were built."""
    dated = [mart for mart in marts if any(c["name"] == "occurred_at" for c in marts[mart]["columns"])]
    if not dated:
        return None
    latest = " union all ".join(f"select occurred_at from coffer.marts.{name(mart)}" for mart in dated)
    [(date,)] = connection.execute(f"select max(occurred_at)::date::varchar from ({latest})").fetchall()
    return date


def code_version() -> dict[str, object]:
    """The package's version and, in a git checkout, the commit and whether the code differs from it."""
    code: dict[str, object] = {"version": version("coffer"), "commit": None, "is_dirty": None}
    if not (ROOT / ".git").exists():
        return code
    command = [
        "git",
        "--no-optional-locks",
        "-C",
        str(ROOT),
        "status",
        "--porcelain=v2",
        "--branch",
        "--",
        *CODE,
    ]
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # no git, or a checkout that belongs to somebody else
        return code
    commit = next(line.split()[2] for line in lines if line.startswith("# branch.oid"))
    return {
        **code,
        "commit": None if commit == "(initial)" else commit,
        "is_dirty": any(not line.startswith("#") for line in lines),
    }
