"""Tables for people in Dagster's metadata; every value is escaped, because it may come from a file."""

import html
from collections.abc import Iterable, Sequence

import dagster as dg
from duckdb import DuckDBPyConnection

LONGEST = 80  # characters of a cell


def preview(connection: DuckDBPyConnection, query: str, rows: int = 5) -> dg.MarkdownMetadataValue:
    """The first rows of a query as a table."""
    result = connection.execute(f"from ({query}) limit {rows}")
    columns = [column[0] for column in result.description]
    return dg.MetadataValue.md(table(columns, result.fetchall()))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as a Markdown table, text only: no cell can open a tag, a link, a code span or another cell."""
    lines = [columns, ["---"] * len(columns), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    plain = "".join(character if character.isprintable() else " " for character in text)
    return "".join(f"&#{ord(c)};" if c in "\\`*_[]()!|~$" else c for c in html.escape(plain))
