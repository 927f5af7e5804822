"""Publish a build: made aside, audited, then switched in by one rename.

    published/builds/20261123T023000Z-1a2b3c4d/   coffer.duckdb  parquet/<mart>.parquet  manifest.json  SHA256SUMS
    published/current -> builds/20261123T023000Z-1a2b3c4d

A reader of `current` sees yesterday whole or today whole. A build's folder is complete when it has its name: everything in it
was fsynced under `<id>.tmp` before the rename, and nothing in it is written afterwards. The published database holds tables
only, so that opening it runs nobody's code, in a storage version that DuckDB 1.1 and later can open.

Two builds of the same marts have byte-equal Parquet files (each mart in the order of its key); the `.duckdb` file has no such
property. So "the same numbers" means equal Parquet hashes, and a night that changes nothing keeps the build it finds.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.checks import Audit, AuditFailed, audit
from dagster_project.settings import Settings
from dagster_project.version import code_version
from dagster_project.warehouse import Manifest, read_manifest

KEEP = 14  # builds: two weeks of nights to compare with or go back to
STORAGE_VERSION = "v1.0.0"
ID_TIME = "%Y%m%dT%H%M%SZ"
PER_BUILD = ("build_id", "published_at")  # what differs between two builds of the same facts


@dataclass(frozen=True)
class Published:
    """A published build: its folder, its `manifest.json`, and whether this publication made it."""

    path: Path
    manifest: dict
    is_new: bool

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each mart."""
        return {name: mart["rows"] for name, mart in self.manifest["marts"].items()}


def publish(settings: Settings, now: datetime) -> Published:
    """Publish the warehouse, or keep the current build where nothing but the time would differ.

    `now` is the moment of publication, UTC. The caller holds the writer's lock. Raises AuditFailed, and leaves the current
    build as it was, when a check failed or the warehouse is not the result of one complete build.
    """
    builds = settings.published / "builds"
    _prepare(settings, builds)
    aside = builds / "next.tmp"
    try:
        facts = _build(settings, aside)
        before = current(settings)
        if before and {k: v for k, v in before.manifest.items() if k not in PER_BUILD} == facts:
            return before
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        build_id = f"{now.strftime(ID_TIME)}-{digest[:8]}"
        manifest = {"build_id": build_id, "published_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), **facts}
        (aside / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
        _seal(aside)
        path = _switch(settings, aside, builds / build_id)
    finally:
        shutil.rmtree(aside, ignore_errors=True)  # a failed publication gives its space back
    _retire(settings, builds)
    return Published(path, manifest, is_new=True)


def current(settings: Settings) -> Published | None:
    """The build that `published/current` names, by its own path; None before the first publication."""
    link = settings.published / "current"
    if not link.is_symlink():
        return None
    path = link.resolve(strict=True)
    return Published(path, json.loads((path / "manifest.json").read_text()), is_new=False)


def verify(build: Path) -> list[str]:
    """Read every file of a build again; one sentence for each that is missing, changed or not listed in SHA256SUMS."""
    listed = dict(
        reversed(line.split("  ", 1)) for line in (build / "SHA256SUMS").read_text().splitlines() if line
    )
    found = {_relative(path, build) for path in _files(build)} - {"SHA256SUMS"}
    faults = [f"{name} is missing." for name in sorted(listed.keys() - found)]
    faults += [f"{name} is not listed in SHA256SUMS." for name in sorted(found - listed.keys())]
    faults += [
        f"{name} has changed since it was published."
        for name in sorted(found & listed.keys())
        if _sha256(build / name) != listed[name]
    ]
    return faults


def _prepare(settings: Settings, builds: Path) -> None:
    """Make the folders that readers pass through, and remove what killed runs left behind."""
    builds.mkdir(parents=True, exist_ok=True)
    for folder in (settings.published, builds):
        folder.chmod(0o755)
    for leftover in builds.glob("*.tmp"):
        shutil.rmtree(leftover)


def _build(settings: Settings, aside: Path) -> dict:
    """Write the database and the Parquet files, and say what is in them."""
    manifest = read_manifest(settings)
    (aside / "parquet").mkdir(parents=True)
    database = aside / "coffer.duckdb"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        _attach(connection, settings.warehouse, "warehouse")
        _attach(connection, settings.raw, "raw")
        audited = audit(connection, manifest)
        connection.execute(f"attach {_text(database)} as coffer (storage_version '{STORAGE_VERSION}')")
        connection.execute("create schema coffer.marts")
        marts = {name: _copy(connection, manifest, name, aside) for name in _marts(connection, manifest)}
        facts = _facts(connection, audited, marts)
        connection.execute("checkpoint coffer")
        connection.execute("detach coffer")
    if Path(f"{database}.wal").exists():
        raise OSError(f"{database}: DuckDB left a write-ahead log, so the file is not complete.")
    return facts


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    if not path.exists():
        raise AuditFailed(f"There is no {path}. Run `coffer nightly` first.")
    connection.execute(f"attach {_text(path)} as {name} (read_only)")


def _marts(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> list[str]:
    query = "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts'"
    built = {name for (name,) in connection.execute(query).fetchall()}
    if built != manifest.marts.keys():
        differ = ", ".join(sorted(built ^ manifest.marts.keys()))
        raise AuditFailed(f"The warehouse and the dbt project do not have the same marts: {differ}.")
    return sorted(built)


def _copy(connection: duckdb.DuckDBPyConnection, manifest: Manifest, mart: str, aside: Path) -> dict:
    """Copy one mart, in the order of its key, with its descriptions as comments."""
    columns = connection.execute(
        "select column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where database_name = 'warehouse' and schema_name = 'marts' and table_name = ? order by column_index",
        [mart],
    ).fetchall()
    [(description,)] = connection.execute(
        "select coalesce(comment, '') from duckdb_tables() "
        "where database_name = 'warehouse' and schema_name = 'marts' and table_name = ?",
        [mart],
    ).fetchall()
    # Key first, then everything else: a total order even where the key is not declared.
    order = ", ".join(map(_name, dict.fromkeys([*manifest.marts[mart], *(name for name, *_ in columns)])))
    table = f"coffer.marts.{_name(mart)}"
    connection.execute(f"create table {table} as from warehouse.marts.{_name(mart)} order by {order}")
    connection.execute(f"comment on table {table} is {_text(description)}")
    for name, _type, comment in columns:
        connection.execute(f"comment on column {table}.{_name(name)} is {_text(comment)}")
    parquet = aside / "parquet" / f"{mart}.parquet"
    connection.execute(f"copy (from {table}) to {_text(parquet)} (format parquet, compression zstd)")
    [(rows,)] = connection.execute(f"select count(*) from {table}").fetchall()
    return {
        "rows": rows,
        "sha256": _sha256(parquet),
        "description": description,
        "columns": [{"name": name, "type": type_, "description": comment} for name, type_, comment in columns],
    }


def _facts(connection: duckdb.DuckDBPyConnection, audited: Audit, marts: dict) -> dict:
    """The manifest but for id and time: equal facts are the same build."""
    dated = [name for name, mart in marts.items() if any(c["name"] == "occurred_at" for c in mart["columns"])]
    dates = [
        connection.execute(f"select max(occurred_at)::date::varchar from coffer.marts.{_name(name)}").fetchall()
        for name in dated
    ]
    inputs = connection.execute(
        "select source_file, source_sha256, rows_landed from raw.landing.files where status = 'accepted' order by all"
    ).fetchall()
    hashes = "".join(f"{mart['sha256']}  {name}\n" for name, mart in sorted(marts.items()))
    return {
        "data_date": max((date for [(date,)] in dates if date), default=None),
        "digest": hashlib.sha256(hashes.encode()).hexdigest(),
        "code": code_version(),
        "marts": marts,
        "inputs": [{"source_file": file, "sha256": sha256, "rows": rows} for file, sha256, rows in inputs],
        "checks": {
            "passed": audited.passed,
            "warnings": [{"name": check.name, "failures": check.failures} for check in audited.warnings],
        },
    }


def _seal(build: Path) -> None:
    """List every file with its hash, take away the right to write, and have it all on disk before the name is given."""
    sums = "".join(f"{_sha256(path)}  {_relative(path, build)}\n" for path in _files(build))
    (build / "SHA256SUMS").write_text(sums)
    for path in _files(build):
        path.chmod(0o444)
        _sync(path)
    for folder in (build / "parquet", build):
        folder.chmod(0o755)  # not 0555: retention has to delete it
        _sync(folder)


def _switch(settings: Settings, aside: Path, path: Path) -> Path:
    if path.exists():  # the same facts in the same second, by a run that was killed before the switch
        shutil.rmtree(path)
    aside.rename(path)
    _sync(path.parent)
    link = settings.published / "current.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(path.relative_to(settings.published))  # relative: the data folder may be moved
    link.replace(settings.published / "current")
    _sync(settings.published)
    return path


def _retire(settings: Settings, builds: Path) -> None:
    kept = (settings.published / "current").resolve()
    for old in sorted(builds.iterdir())[:-KEEP]:
        if old != kept:
            shutil.rmtree(old)


def _files(build: Path) -> list[Path]:
    return sorted(path for path in build.rglob("*") if path.is_file())


def _relative(path: Path, build: Path) -> str:
    return path.relative_to(build).as_posix()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
