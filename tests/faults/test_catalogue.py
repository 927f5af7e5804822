"""The catalogue is complete: rows name tests that exist, tests of faults have rows, the page shows both."""

import ast
from collections import Counter
from collections.abc import Collection

import pytest

from dagster_project.settings import ROOT
from tests.faults.catalogue import COLLECTED, PAGE, PARTS, read_catalogue, read_figures, render

ROWS = read_catalogue()
HERE = "tests/faults/"
OURSELVES = ("test_catalogue.py",)


def named(row):
    return [test for test in row.tests.split("; ") if test]


@pytest.fixture
def collected(request) -> dict[str, bool]:
    """The id of each test that this run found, and whether it is deep."""
    if any("::" in argument for argument in request.config.args):
        pytest.skip("asked for single tests, so this run does not know what there is")
    return request.config.stash[COLLECTED]


def is_collected(test: str, collected: Collection[str]) -> bool:
    return any(
        node == test or node.startswith(f"{test}[") or ("[" in test and node.startswith(test))
        for node in collected
    )


def functions(file: str) -> set[str]:
    return {
        node.name for node in ast.parse((ROOT / file).read_text()).body if isinstance(node, ast.FunctionDef)
    }


def test_every_row_names_tests_that_exist_and_are_collected(collected):
    files_of_this_run = {node.partition("::")[0] for node in collected}
    lost = []
    for row in ROWS:
        for test in named(row):
            file, _, rest = test.partition("::")
            # A file that this run does not collect is read; whole runs, as CI's, collect all of them.
            there = (
                is_collected(test, collected)
                if file in files_of_this_run
                else rest.partition("[")[0] in functions(file)
            )
            if not there:
                lost.append((row.id, test))
    assert lost == []


def test_every_row_has_tests_or_says_why_not():
    assert [row.id for row in ROWS if bool(named(row)) == bool(row.why_not)] == []
    assert [
        row.id for row in ROWS if row.part not in PARTS or row.severity not in "ABC" or not row.expected
    ] == []
    assert [row.id for row in ROWS if row.depth not in ("quick", "deep")] == []
    assert [fault for fault, times in Counter(row.id for row in ROWS).items() if times > 1] == []


def test_every_test_of_a_fault_has_a_row():
    catalogued = {test.partition("[")[0] for row in ROWS for test in named(row)}
    tests = {
        f"{HERE}{path.name}::{name}"
        for path in (ROOT / HERE).glob("test_*.py")
        if path.name not in OURSELVES
        for name in functions(f"{HERE}{path.name}")
        if name.startswith("test_")
    }
    assert tests - catalogued == set()


def test_a_row_is_deep_where_the_test_that_measures_it_is(collected):
    """The first test of a row is the one that measures it."""
    deep = {test for test, is_deep in collected.items() if is_deep}
    quick = collected.keys() - deep
    for row in ROWS:
        for test in named(row)[:1]:
            assert not is_collected(test, deep if row.depth == "quick" else quick), row.id


def test_every_figure_belongs_to_a_row_that_was_measured():
    assert read_figures().keys() - {row.id for row in ROWS} == set()


def test_the_page_is_made_from_the_catalogue_and_the_figures(request):
    if request.config.getoption("--renew-golden"):
        PAGE.write_text(render())
    assert PAGE.read_text() == render()
