"""The documentation is true and readable: links, generated parts, width, and one order of answers."""

import re
import subprocess
import sys
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
EXEMPT = ("reference", "questions")  # lists and answers
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


def test_generated_parts_are_what_code_and_yml_say():
    script = [sys.executable, ROOT / "docs" / "generate.py", "--check"]
    ran = subprocess.run(script, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_heading_has_at_most_150_words():
    """The rule for pages that explain a subject; code, tables and what is generated do not count."""
    long = []
    for document in PAGES:
        if document.name in ("benchmarks.md", "add-a-source.md") or document.parent.name in EXEMPT:
            continue
        text = re.sub(r"(?ms)^<!-- generated.*?<!-- end -->$", "", FENCE.sub("", document.read_text()))
        for section in re.split(r"(?m)^#+ ", text):
            words = [w for line in section.splitlines()[1:] if not line.startswith("|") for w in line.split()]
            if len(words) > 150:
                long.append((document.name, section.partition("\n")[0], len(words)))
    assert long == []


def test_every_source_has_a_page():
    sources = {folder.name for folder in (ROOT / "dbt/models/staging").iterdir() if folder.is_dir()}
    assert {page.stem for page in (ROOT / "docs/sources").glob("[!R]*.md")} == sources


def test_every_setting_is_in_the_table_of_settings():
    read = set(re.findall(r'"(COFFER_[A-Z_]+)"', (ROOT / "dagster_project/settings.py").read_text()))
    table = set(re.findall(r"`(COFFER_[A-Z_]+)`", (ROOT / "docs/reference/settings.md").read_text()))
    assert read - table <= {"COFFER_WAREHOUSE", "COFFER_STAGED_SEEDS"}  # set for dbt, not by people


def test_every_model_that_is_named_exists():
    """Pages of measurements keep the names that models had on that day."""
    models = {file.stem for file in (ROOT / "dbt/models").rglob("*") if file.suffix in (".sql", ".py")}
    lost = {
        (document.name, name)
        for document in PAGES
        if document.name != "benchmarks.md"
        for name in re.findall(r"\b(?:int|stg)_[a-z_]+[a-z]\b", document.read_text())
        if name not in models
    }
    assert lost == set()
