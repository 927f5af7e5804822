"""The documentation is true and readable: links lead somewhere, lists are the code's, answers have one order."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.cli.answers import cell
from dagster_project.published.builds import current
from dagster_project.settings import ROOT
from dagster_project.storage.database import attach

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data" / "sample").glob("*.md")])
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
QUERY = re.compile(r"^```sql\n(.*?)^```$", re.DOTALL | re.MULTILINE)
QUERIES = [
    pytest.param(query, id=f"{page.relative_to(ROOT)}:{number}")
    for page in PAGES
    if page.name
    != "connect.md"  # what clients are told there differs by client; tests/test_connect.py runs it
    for number, block in enumerate(QUERY.findall(page.read_text()))
    for query in filter(str.strip, block.split(";\n"))
]
ORDERS = ("rowid desc", "hash(rowid)", "hash(rowid + 1_000_000)")


@pytest.fixture(scope="session")
def in_any_order(night) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """The published marts as they are, and again with their rows in other orders."""
    connections = [_reordered(current(night.settings).database, order) for order in ("rowid", *ORDERS)]
    yield connections
    for connection in connections:
        connection.close()


def _reordered(database: Path, order: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    attach(connection, database, "source")
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'source'"
    ).fetchall()
    for schema, table in tables:
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(
            f"create table {schema}.{table} as select * from source.{schema}.{table} order by {order}"
        )
    connection.execute("set search_path = 'marts'")
    return connection


@pytest.mark.parametrize("query", QUERIES)
def test_an_answer_does_not_depend_on_the_order_of_rows(query, in_any_order):
    answers = [[tuple(map(cell, row)) for row in each.execute(query).fetchall()] for each in in_any_order]
    assert all(answer == answers[0] for answer in answers), "two rows tie: add a key to its order by"


@pytest.mark.parametrize("document", PAGES, ids=lambda document: str(document.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document):
    links = re.findall(r"\]\(([^)#\s]+)(?:#([\w-]+))?\)", FENCE.sub("", document.read_text()))
    lost = [
        link
        for link, anchor in links
        if "://" not in link and not _leads_somewhere(document.parent / link, anchor)
    ]
    assert lost == []


def _leads_somewhere(file: Path, anchor: str) -> bool:
    return file.exists() and (not anchor or anchor in _anchors(file))


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", file.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", PAGES, ids=lambda document: str(document.relative_to(ROOT)))
def test_lines_have_at_most_100_characters(document):
    prose = FENCE.sub("", document.read_text()).splitlines()
    long = [line for line in prose if len(line) > 100 and not re.match(r"\s*(\||!?\[.*\]\(\S+\)$)", line)]
    assert long == [], "tables and code may be wider, prose may not"
