"""The packages stand in an order: an import points to an earlier one, inside functions and for types, too."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dagster_project

ROOT = Path(dagster_project.__file__).parent
PACKAGES = {  # in their order: what each is for
    "settings": "Reads the environment, and names every path; nothing else reads it.",
    "storage": "Opens DuckDB files and knows the disk.",
    "lots": "Matches what leaves a pool to the lots that it consumes; integers and Arrow tables only.",
    "loans": "Walks loans day by day: what is owed, and the interest that accrues; Arrow tables only.",
    "feeds": "Fetches prices and balances that others publish, and is the only one to call them.",
    "landing": "Takes in the files of the inbox, keeps their bytes, and writes their rows into raw.duckdb.",
    "build": "Runs dbt over raw.duckdb, and audits the warehouse that results.",
    "published": "Publishes an audited warehouse as a whole: builds, site, workbook, docs, proof of custody.",
    "runs": "Runs all of it each night under Dagster: lock, deadline, run log, alerts, assets.",
    "definitions": "Gives Dagster the assets, the schedule and the sensor.",
    "cli": "Gives people the command `coffer`.",
}
ORDER = list(PACKAGES)
ALONE = ("lots", "loans")  # import nothing of ours outside themselves


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_module(path): path for path in sorted(ROOT.rglob("*.py"))}


def _package(module: str) -> str:
    return module.split(".")[1]


def _imports(module: str) -> Iterator[str]:
    """Our modules that a module imports, wherever in its text it does."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}, line {node.lineno}: write the import's whole path."
            paths = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from {path if path in MODULES else node.module for path in paths} & MODULES.keys()


def test_each_package_stands_in_the_list():
    assert {_package(module) for module in MODULES if module != "dagster_project"} == set(PACKAGES)


@pytest.mark.parametrize("package", ORDER)
def test_no_import_points_to_a_later_package(package):
    later = ORDER[ORDER.index(package) + 1 :]
    back = [
        f"{module} imports {other}"
        for module in MODULES
        if module != "dagster_project" and _package(module) == package
        for other in _imports(module)
        if _package(other) in later
    ]
    assert back == []


@pytest.mark.parametrize("package", ALONE)
def test_an_engine_imports_nothing_else_of_ours(package):
    modules = [module for module in MODULES if module.startswith(f"dagster_project.{package}")]
    assert {_package(other) for module in modules for other in _imports(module)} <= {package}


def test_no_modules_import_each_other_in_a_circle():
    graph = {module: set(_imports(module)) - {module} for module in MODULES}
    list(TopologicalSorter(graph).static_order())  # names the modules of a circle in its error
