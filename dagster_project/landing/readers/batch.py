"""What every reader yields: the good rows of a stretch of a file as text, the bad ones with a reason."""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.landing.contracts import Layout

BATCH_ROWS = 20_000
MAX_ROW_BYTES = 1 << 20
SHOWN_CHARACTERS = 4_000

# All below the space except tab, line feed and carriage return, and DEL: no text that a person wrote.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

ROW_TOO_LONG = ("row_too_long", "the row is longer than 1 MiB. Shorten it.")


class BadRow(NamedTuple):
    """A row refused at the gate: where it starts, a stable code, a sentence for people, the row as it was."""

    source_row: int
    reason: str
    sentence: str
    raw_row: str


@dataclass(frozen=True)
class Batch:
    """A stretch of a file.

    `rows` has one text column per column of the file, named as the contract names it, empty fields null, and
    `source_row` (int64). `landed` counts the rows of the stretch, good and bad, for whoever stores them.
    """

    rows: pa.Table
    landed: int
    bad: list[BadRow] = field(default_factory=list)


def text_table(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> pa.Table:
    """Rows of texts as a table."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))


def with_source_rows(rows: pa.Table, source_rows: Sequence[int]) -> pa.Table:
    """The rows and the place in the file that each came from."""
    return rows.append_column("source_row", pa.array(source_rows, pa.int64()))


def gather(batch: Batch, layout: Layout) -> Batch:
    """The batch with its gathered columns as one: a JSON object of what is not empty."""
    names = batch.rows.column_names
    own = [name for name in names if name in layout.columns or name == "source_row"]
    gathered = batch.rows.drop_columns(own).to_pylist()
    texts = [json.dumps({name: value for name, value in row.items() if value}) for row in gathered]
    column = pa.array(texts, pa.string())
    return replace(batch, rows=batch.rows.select(own).append_column(layout.gathered_in, column))


def check_texts(rows: pa.Table, source_rows: Sequence[int]) -> Batch:
    """The batch of rows with the right columns: control characters and sheer length still refuse a row."""
    columns = [pc.if_else(pc.equal(column, ""), None, column) for column in rows.columns]
    numbered = with_source_rows(pa.table(columns, rows.column_names), source_rows)
    is_long, has_control = pa.scalar(0), pa.scalar(False)
    for column in columns:
        is_long = pc.add(is_long, pc.binary_length(column).fill_null(0))
        has_control = pc.or_(has_control, pc.match_substring_regex(column, CONTROL.pattern).fill_null(False))
    is_bad = pc.or_(pc.greater(is_long, MAX_ROW_BYTES), has_control)
    bad = [_bad_row(**row) for row in numbered.filter(is_bad).to_pylist()]
    return Batch(numbered.filter(pc.invert(is_bad)), landed=len(rows), bad=bad)


def _bad_row(source_row: int, **texts: str | None) -> BadRow:
    error = control_error("".join(filter(None, texts.values()))) or ROW_TOO_LONG
    return BadRow(source_row, *error, as_line(texts.values()))


def control_error(text: str, pattern: re.Pattern[str] = CONTROL) -> tuple[str, str] | None:
    """The code and the sentence for the first character of a text that has no business there."""
    if found := pattern.search(text):
        return "control_character", f"it contains the control character U+{ord(found[0]):04X}. Remove it."
    return None


def as_line(texts: Iterable[str | None]) -> str:
    """A row of a format that has no lines, shown as CSV would write it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(texts)
    return shown(line.getvalue().encode())


def shown(raw: bytes) -> str:
    r"""A refused row for people: bytes that are no text stand as \xNN; cut at 4,000 characters."""
    text = raw[: 4 * SHOWN_CHARACTERS].decode("utf-8", "backslashreplace")
    return CONTROL.sub(lambda control: f"\\x{ord(control[0]):02x}", text)[:SHOWN_CHARACTERS]
