"""Build the warehouse: one `dbt build` inside this process.

dbt runs here and not in a separate process because a killed run must not leave an orphan that goes on
writing, and because it is cheaper (start-up of a second Python with dbt costs 5 CPU s, `dbt --version` as
dagster-dbt asks it another 5). Only dbt's public programmatic interface is used: `dbtRunner`, its callbacks
and its results.
"""

import contextlib
import hashlib
import itertools
import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.build.seeds import SeedError, stage_seeds
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

log = logging.getLogger("coffer.warehouse")

TABLES = ("seed", "model")
CHECKS = ("test",)
# "info": with "debug", dbt.log repeats the text of every statement
QUIETLY = ("--no-write-json", "--log-level-file", "info")


class BuildFailed(Exception):
    """dbt did not get to the end of its run: the project does not parse, or its database cannot be opened."""


@dataclass(frozen=True)
class Manifest:
    """What the dbt project says of itself: its marts with their keys, and what a full build consists of."""

    path: Path
    marts: dict[str, list[str]]
    tables: frozenset[str]
    checks: frozenset[str]


@dataclass(frozen=True)
class Node:
    """What one dbt node came to; `status` is dbt's word: success, pass, warn, fail, error, skipped."""

    schema: str
    name: str
    kind: str
    status: str
    seconds: float
    failures: int


@dataclass(frozen=True)
class Build:
    """One `dbt build`: every node, in the order in which they ended, and the wall time in seconds."""

    nodes: list[Node]
    seconds: float

    def count(self, *kinds: str) -> int:
        """How many nodes of these kinds there are."""
        return sum(node.kind in kinds for node in self.nodes)


def manifest_path(settings: Settings) -> Path:
    """Where dbt writes its manifest; only a parse does, so that a run never changes it under a reader."""
    return settings.dbt_target / "target" / "manifest.json"


def ensure_manifest(settings: Settings) -> Manifest:
    """Parse the dbt project where it has changed since the last parse, and read its manifest."""
    try:
        stage_seeds(settings)
    except SeedError as error:
        raise BuildFailed(str(error)) from error
    parsed = settings.dbt_target / "parsed"
    state = _state(settings)
    if not (manifest_path(settings).exists() and parsed.exists() and parsed.read_text() == state):
        parsed.unlink(missing_ok=True)  # a parse that is killed must not pass for done
        _dbt(settings, "parse")
        parsed.write_text(state)
    return read_manifest(settings)


def read_manifest(settings: Settings) -> Manifest:
    """Read the manifest of the last parse."""
    path = manifest_path(settings)
    content = json.loads(path.read_text())
    nodes = content["nodes"].values()
    marts = {
        node["name"]: node["config"]["meta"].get("key", [])
        for node in nodes
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }
    tables, checks = (
        frozenset(node["name"] for node in nodes if node["resource_type"] in kinds)
        for kinds in (TABLES, CHECKS)
    )
    return Manifest(path, marts, tables, checks)


def build_warehouse(settings: Settings) -> Build:
    """Rebuild every seed and model and run every test of the data; the caller holds the writer's lock.

    dbt's unit tests are of the code, whatever the data: `make test` runs them, a run does not. The old
    warehouse is deleted first, so that no table of another generation can survive. A failing node is a
    result, not an error: `checks.audit` decides. Raises BuildFailed when dbt did not get to the end.
    """
    for leftover in settings.warehouse.parent.glob(
        f"{settings.warehouse.name}*"
    ):  # its log, killed runs' spill files
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    began = time.monotonic()
    watch = _progress(ensure_manifest(settings))
    result = _dbt(settings, "build", *QUIETLY, "--exclude-resource-type", "unit_test", watch=watch)
    nodes = [
        Node(
            ran.node.schema, ran.node.name, str(kind), str(ran.status), ran.execution_time, ran.failures or 0
        )
        for ran in result.result.results
        if (kind := ran.node.resource_type) in (*TABLES, *CHECKS)
    ]
    return Build(nodes, time.monotonic() - began)


def run_unit_tests(settings: Settings) -> dict[str, str]:
    """Run dbt's unit tests beside a warehouse that is built; name → status."""
    result = _dbt(settings, "test", *QUIETLY, "--select", "test_type:unit")
    ran = [run for run in result.result.results if run.node.resource_type == "unit_test"]
    return {run.node.name: str(run.status) for run in ran}


def _dbt(settings: Settings, command: str, *options: str, watch: Callable | None = None) -> "dbtRunnerResult":
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner  # 2 CPU s, paid only where dbt runs

    settings.dbt_target.mkdir(mode=0o700, parents=True, exist_ok=True)
    known_on = ["--vars", json.dumps({"known_on": f"{settings.known_on}"})] if settings.known_on else []
    arguments = [command, "--project-dir", str(settings.dbt), "--log-level", "none", *known_on, *options]
    with _surroundings(settings):
        try:
            result = dbtRunner(callbacks=[watch] if watch else []).invoke(arguments)
        finally:
            DuckDBConnectionManager.close_all_connections()  # the adapter would keep the file open until exit
    if interrupt := _interrupt_behind(result.exception):
        raise interrupt
    if result.result is None:
        log_file = settings.dbt_target / "logs" / "dbt.log"
        raise BuildFailed(f"dbt {command}: {result.exception}\nMore in {log_file}.")
    return result


def _interrupt_behind(error: BaseException | None) -> BaseException | None:
    """Ctrl-C or a signal, which dbt returns like any failure, or another failure that it led to."""
    while error and isinstance(error, Exception):
        error = error.__cause__ or error.__context__
    return error


@contextlib.contextmanager
def _surroundings(settings: Settings) -> Iterator[None]:
    """dbt reads the environment and changes the working folder; both are as before afterwards."""
    before = dict(os.environ)
    os.environ.update(settings.environment())
    try:
        with contextlib.chdir(settings.dbt):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _progress(manifest: Manifest) -> "Callable[[EventMsg], None]":
    """Log each table as it is built, with `progress` (so far, in total), and each check that is not good."""
    built = itertools.count(1)

    def watch(event: "EventMsg") -> None:
        if event.info.name != "NodeFinished":
            return
        node = event.data.node_info
        what = f"{node.resource_type} {node.node_name}"
        if node.node_name in manifest.tables and node.resource_type in TABLES:
            log.info(what, extra={"progress": (next(built), len(manifest.tables))})
        if node.node_status in ("warn", "fail", "error"):
            log.warning(f"{what}: {node.node_status}")

    return watch


def _state(settings: Settings) -> str:
    """A fingerprint of what the manifest depends on: dbt's version, the project's and the seeds' files."""
    skipped = {settings.dbt / name for name in ("target", "logs", "dbt_packages")}
    files = sorted(
        path
        for folder in (settings.dbt, settings.seeds)
        for path in folder.rglob("*")
        if path.is_file() and not skipped.intersection(path.parents)
    )
    stats = "".join(f"{path} {(stat := path.stat()).st_mtime_ns} {stat.st_size}\n" for path in files)
    return hashlib.sha256(f"{version('dbt-core')}\n{stats}".encode()).hexdigest()
