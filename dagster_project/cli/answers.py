"""Answers to SQL on a terminal and for other programs; no digit of a decimal is lost in either."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

import duckdb
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dagster_project.storage.database import printable

SHOWN_ROWS = 100
UNLIMITED = 10_000  # characters: nothing is cut where no screen ends
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that begins so


def show_table(answer: duckdb.DuckDBPyConnection) -> None:
    """The first 100 rows as a table, or one value a line where the rows are wider than the screen."""
    if not answer.description:
        return
    console = Console() if sys.stdout.isatty() else Console(width=UNLIMITED)
    columns, rows = _columns(answer), answer.fetchmany(SHOWN_ROWS + 1)
    shown = rows[:SHOWN_ROWS]
    table = Table(header_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], (int, float, Decimal)) for row in shown)
        table.add_column(Text(column), justify="right" if is_number else "left", no_wrap=True)
    for row in shown:
        table.add_row(*(Text(cell(value), style="" if value is not None else "dim") for value in row))
    natural = Measurement.get(console, console.options.update(max_width=UNLIMITED), table).maximum
    if natural <= console.width:
        console.print(table)
    else:
        _show_upright(console, columns, shown)
    more = f"The first {SHOWN_ROWS} rows; --csv or --json gives all." if len(rows) > SHOWN_ROWS else ""
    count = f"{len(shown)} row{'' if len(shown) == 1 else 's'}"
    console.print(Text(more or count, style="dim"))


def show_csv(answer: duckdb.DuckDBPyConnection) -> None:
    """All rows as CSV, numbers with all their digits; a ' goes before text that a spreadsheet would run."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_columns(answer))
    for row in _rows(answer):
        writer.writerow([_for_spreadsheet(value) for value in row])


def show_json(answer: duckdb.DuckDBPyConnection) -> None:
    """All rows as a JSON list of objects; decimals and times are text, because JSON has no exact numbers."""
    columns = _columns(answer)
    before = "[\n"
    for row in _rows(answer):
        fields = dict(zip(columns, row, strict=True))
        print(before + json.dumps(fields, default=_exact, ensure_ascii=False), end="")
        before = ",\n"
    print("[]" if before == "[\n" else "\n]")


def prompt(connection: duckdb.DuckDBPyConnection, show: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
    """Ask for statements, each ended by a semicolon, until the input ends (Ctrl-D)."""
    import readline  # noqa: F401, gives input() its history

    print("Ask the marts, for example: from disposals; (`show tables;` lists them, Ctrl-D ends)")
    statement = ""
    while True:
        try:
            statement += input("coffer> " if not statement else "   ...> ") + "\n"
        except EOFError:
            return print()
        if statement.rstrip().endswith(";"):
            try:
                show(connection.execute(statement))
            except duckdb.Error as error:
                print(error, file=sys.stderr)
            statement = ""


def cell(value: object) -> str:
    """A value as a person reads it: all its digits but the zeros at a decimal's end, and no control codes."""
    if value is None:
        return "null"
    exact = _exact(value)
    return exact.rstrip("0").rstrip(".") if isinstance(value, Decimal) and "." in exact else printable(exact)


def _show_upright(console: Console, columns: list[str], rows: list[tuple]) -> None:
    width = max(map(len, columns))
    for number, row in enumerate(rows, start=1):
        console.print(Text(f"── row {number} ──", style="bold"))
        for column, value in zip(columns, row, strict=True):
            console.print(Text(f"{column:<{width}}  {cell(value)}"), soft_wrap=True)


def _columns(answer: duckdb.DuckDBPyConnection) -> list[str]:
    return [column[0] for column in answer.description or []]


def _rows(answer: duckdb.DuckDBPyConnection) -> Iterator[tuple]:
    while rows := answer.fetchmany(10_000):
        yield from rows


def _exact(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"  # never an exponent
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _for_spreadsheet(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else _exact(value)
