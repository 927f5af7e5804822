"""Comma-separated text (or another delimiter), plain or gzipped, read strictly as RFC 4180 writes it.

Arrow parses; this gate decides what Arrow may see, because Arrow, like DuckDB's reader, forgives: text after
a closing quote, a quote that swallows the rest of the file, control characters. A block in which each line is
one sound row goes to Arrow as it is (1M rows × 20 columns: 1 CPU s); any other is checked line by line.
"""

import csv
import gzip
import io
import os
import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from dagster_project.landing.contracts import Layout, Refused
from dagster_project.landing.readers.batch import (
    BATCH_ROWS,
    CONTROL,
    MAX_ROW_BYTES,
    ROW_TOO_LONG,
    BadRow,
    Batch,
    control_error,
    shown,
    text_table,
    with_source_rows,
)
from dagster_project.landing.readers.header import bind_header

BLOCK_BYTES = 4 << 20
BOM = b"\xef\xbb\xbf"
MAX_UNPACKED_BYTES = 8 << 30
MAX_UNPACKED_RATIO = 1_000
FREE_UNPACKED_BYTES = 64 << 20

CONTROL_BYTES = bytes(code for code in range(128) if CONTROL.match(chr(code)))

QUOTED = rb'"[^"]*+(?:""[^"]*+)*+"'
QUOTED_FIELD = re.compile(QUOTED)
LONE_RETURN = re.compile("\r")
STRAY_QUOTE = (
    "unbalanced_quote",
    "a quote stands where none may. Quote the whole field, and double each quote inside it.",
)


@dataclass(frozen=True)
class _Form:
    """How the rows of a file are written: the names of its columns, and what stands between fields."""

    names: list[str]
    delimiter: bytes = b","

    @cached_property
    def well_quoted(self) -> re.Pattern[bytes]:
        """A quoted field stands alone between separators; a quote anywhere else is a mistake.

        Group 1 is a field that is still open at the end. Possessive (`*+`): hostile text costs linear time.
        """
        before = rb"(?<![^" + re.escape(self.delimiter) + rb"\n])"
        behind = rb"(?![^" + re.escape(self.delimiter) + rb"\r\n])"
        return re.compile(
            rb'[^"]*+(?:' + before + QUOTED + behind + rb'[^"]*+)*+(' + before + rb'"[^"]*+(?:""[^"]*+)*+)?\Z'
        )


def read_csv(handle: BinaryIO, layout: Layout) -> Iterator[Batch]:
    """The batches of a CSV file; `source_row` is the physical line on which a row starts, the header's is 1.

    Lines of white space are skipped. Needs memory for a few blocks of 4 MiB, whatever the file holds.
    """
    names, first_row = _read_header(handle, layout)
    form = _Form(names, layout.delimiter.encode())
    carried = b""
    blocks = _blocks(handle)
    for block in blocks:
        text = carried + block
        lines = io.BytesIO(text).readlines()
        rows = _parse_if_unremarkable(text, lines, form)
        if rows is not None:
            yield Batch(with_source_rows(rows, range(first_row, first_row + len(lines))), landed=len(lines))
            still_open = []
        else:
            still_open = yield from _check(lines, first_row, form)
        first_row += len(lines) - len(still_open)
        carried = b"".join(still_open)
        if len(carried) > MAX_ROW_BYTES:
            break
    yield from _refuse_unclosed(chain([carried], blocks), first_row, form)


def read_gzipped_csv(handle: BinaryIO, layout: Layout) -> Iterator[Batch]:
    """As `read_csv`; an archive that ends early, or unpacks to more than its size allows, is Refused."""
    try:
        yield from read_csv(io.BufferedReader(_Unpacked(handle)), layout)
    except EOFError:
        raise Refused("truncated_archive", "the archive ends early. Send the whole file again.") from None
    except (gzip.BadGzipFile, zlib.error):
        raise Refused("corrupt_file", "this is no intact gzip archive. Pack the CSV file again.") from None


class _Unpacked(io.RawIOBase):
    """The bytes inside a gzip archive, as many as a file of its size may hold."""

    def __init__(self, handle: BinaryIO) -> None:
        self._archive = gzip.GzipFile(fileobj=handle)
        size = os.fstat(handle.fileno()).st_size
        self._limit = min(MAX_UNPACKED_BYTES, max(FREE_UNPACKED_BYTES, MAX_UNPACKED_RATIO * size))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._archive.readinto(buffer)
        if self._archive.tell() > self._limit:
            sentence = f"the archive unpacks to more than {self._limit >> 20:,} MiB. Split the file."
            raise Refused("archive_too_large", sentence)
        return count


def _read_header(handle: BinaryIO, layout: Layout) -> tuple[list[str], int]:
    """The contract's names in the file's order, and the number of the line after the header.

    Where the layout allows a preamble, the first line that is a known header ends it; where none is, the line
    of most columns is refused.
    """
    if not layout.has_header:
        return list(layout.columns), _first_row(handle)
    lines = (line for line in _numbered_lines(handle) if line[1].strip())
    refusals: list[tuple[int, Refused]] = []
    for number, line in islice(lines, layout.preamble_lines + 1):
        header = _fields(line, layout.delimiter)
        try:
            return bind_header(header, layout), number + 1
        except Refused as refusal:
            refusals.append((len(header), refusal))
    if not refusals:
        raise Refused("empty_file", "the file is empty, even of a header. Send it again.")
    raise max(refusals, key=lambda refusal: refusal[0])[1]


def _first_row(handle: Any) -> int:
    """The number of the first row of a file without a header, before which only a BOM may stand."""
    head = handle.peek(len(BOM))
    if not head:
        raise Refused("empty_file", "the file is empty. Send it again.")
    if head.startswith(BOM):
        handle.read(len(BOM))
    return 1


def _numbered_lines(handle: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Line by line, so that the handle stands behind the last one that was asked for."""
    line, number = handle.readline(MAX_ROW_BYTES).removeprefix(BOM), 1
    while line:
        yield number, line
        line, number = handle.readline(MAX_ROW_BYTES), number + 1


def _fields(line: bytes, delimiter: str) -> list[str]:
    text = _decoded(line)
    if text is None or CONTROL.search(text):
        raise Refused("bad_encoding", "the file does not begin with UTF-8 text. Save it as CSV in UTF-8.")
    text = text.removesuffix("\n").removesuffix("\r")
    if "\r" in text:
        raise Refused("control_character", "its lines end in carriage returns alone. Save it with LF ends.")
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return text.split(delimiter)


def _decoded(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _blocks(handle: BinaryIO) -> Iterator[bytes]:
    """The rest of the file in blocks of whole lines; of a line longer than a block only the head."""
    while block := handle.read(BLOCK_BYTES):
        end = b"" if block.endswith(b"\n") else handle.readline(BLOCK_BYTES)
        block += end
        while end and not end.endswith(b"\n"):
            end = handle.readline(BLOCK_BYTES)
        yield block


def _parse_if_unremarkable(text: bytes, lines: list[bytes], form: _Form) -> pa.Table | None:
    """The rows of a block in which each line is one good row; None for any other block."""
    if (
        len(form.names) == 1  # of a single column a line of spaces is a value to Arrow and nothing to us
        or max(map(len, lines), default=0) > MAX_ROW_BYTES
        or len(text.translate(None, CONTROL_BYTES)) < len(text)
        or text.count(b"\r") != text.count(b"\r\n")
    ):
        return None
    if b'"' in text and ((quotes := form.well_quoted.match(text)) is None or quotes[1]):
        return None
    try:
        rows = _parse(text, form)
    except pa.ArrowInvalid:
        return None
    return rows if len(rows) == len(lines) else None


def _parse(text: bytes, form: _Form) -> pa.Table:
    return arrow_csv.read_csv(
        pa.py_buffer(BOM + text),  # Arrow drops one BOM: ours, never a zero-width space that opens a block
        arrow_csv.ReadOptions(
            use_threads=False, block_size=len(text) + len(BOM) + 1, column_names=form.names
        ),
        arrow_csv.ParseOptions(
            delimiter=form.delimiter.decode(), newlines_in_values=True, ignore_empty_lines=True
        ),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(form.names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _check(lines: list[bytes], first_row: int, form: _Form) -> Generator[Batch, None, list[bytes]]:
    """The good and the bad rows of a block; returns the lines of a last row whose quote is still open."""
    good: dict[int, bytes] = {}
    bad: list[BadRow] = []
    still_open: list[bytes] = []
    for start, stop, quotes in _rows(lines, form):
        number, row = first_row + start, b"".join(lines[start:stop])
        if quotes == "open":
            still_open = lines[start:stop]
        elif quotes == "stray" or (stop - start > 1 and _swallows_rows(row, form)):
            bad += _refused_lines(lines[start:stop], number, STRAY_QUOTE)
        elif error := _error(row, form):
            bad.append(BadRow(number, *error, shown(row)))
        else:
            good[number] = row
        if len(good) + len(bad) >= BATCH_ROWS:
            yield _batch(good, bad, form)
            good, bad = {}, []
    yield _batch(good, bad, form)
    return still_open


def _rows(lines: list[bytes], form: _Form) -> Iterator[tuple[int, int, str]]:
    """Which lines make up a row (start, stop), and how they are quoted: `well`, `stray` or, last, `open`."""
    start, size = None, 0
    for place, line in enumerate(lines):
        if start is None and not line.strip():
            continue
        if start is None and len(line) > MAX_ROW_BYTES:
            yield place, place + 1, "well"
            continue
        if b'"' not in line:
            is_well_quoted, is_open = True, start is not None
        else:
            quotes = form.well_quoted.match(line if start is None else b'"' + line)
            is_well_quoted, is_open = quotes is not None, quotes is not None and quotes[1] is not None
        if is_open:
            start, size = place if start is None else start, size + len(line)
            if size > MAX_ROW_BYTES:
                break
        else:
            yield place if start is None else start, place + 1, "well" if is_well_quoted else "stray"
            start, size = None, 0
    if start is not None:
        yield start, len(lines), "open"


def _swallows_rows(row: bytes, form: _Form) -> bool:
    """Whether a quoted text has the delimiters of whole rows in it: two lone quotes, say ditto marks, met."""
    texts = QUOTED_FIELD.findall(row)
    return any(0 < text.count(b"\n") * (len(form.names) - 1) <= text.count(form.delimiter) for text in texts)


def _error(row: bytes, form: _Form) -> tuple[str, str] | None:
    """Why a well-quoted row is not taken, as a code and a sentence."""
    if len(row) > MAX_ROW_BYTES:
        return ROW_TOO_LONG
    try:
        text = row.decode()
    except UnicodeDecodeError as wrong:
        return "bad_encoding", f"byte {wrong.start + 1} of the row is not UTF-8 text. Save the file in UTF-8."
    unquoted = QUOTED_FIELD.sub(b"", row.removesuffix(b"\n").removesuffix(b"\r"))
    if error := control_error(text) or control_error(unquoted.decode(), LONE_RETURN):
        return error
    count, width = unquoted.count(form.delimiter) + 1, len(form.names)
    counts = f"{count:,} column{'s' * (count > 1)} where the header has {width}"
    if count < width:
        return "too_few_columns", f"{counts}. Add the missing field{'s' * (width - count > 1)}."
    if count > width:
        return "too_many_columns", f"{counts}. Put a field that contains the delimiter into quotes."
    return None


def _batch(good: dict[int, bytes], bad: list[BadRow], form: _Form) -> Batch:
    rows = _parse(b"".join(good.values()), form) if good else text_table(form.names, [])
    return Batch(with_source_rows(rows, list(good)), landed=len(good) + len(bad), bad=bad)


def _refuse_unclosed(texts: Iterable[bytes], first_row: int, form: _Form) -> Iterator[Batch]:
    """All that follows a quote that is never closed: nobody can say where its row was meant to end."""
    sentence = f"a quote opened in row {first_row} is not closed within 1 MiB. Close it."
    for text in texts:
        lines = io.BytesIO(text).readlines()
        for start in range(0, len(lines), BATCH_ROWS):
            bad = _refused_lines(
                lines[start : start + BATCH_ROWS], first_row + start, ("unbalanced_quote", sentence)
            )
            yield Batch(with_source_rows(text_table(form.names, []), []), landed=len(bad), bad=bad)
        first_row += len(lines)


def _refused_lines(lines: list[bytes], first_row: int, error: tuple[str, str]) -> list[BadRow]:
    return [BadRow(row, *error, shown(line)) for row, line in enumerate(lines, first_row) if line.strip()]
