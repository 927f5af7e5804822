"""XLSX workbooks: the one sheet that has rows, every cell as it is stored."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, time
from itertools import islice, repeat
from typing import Any, BinaryIO
from zipfile import ZipFile

from openpyxl import load_workbook

from dagster_project.landing.contracts import Layout, Refused
from dagster_project.landing.readers.batch import BATCH_ROWS, BadRow, Batch, as_line, check_texts, text_table
from dagster_project.landing.readers.header import bind_header

MAX_UNPACKED_BYTES = 512 << 20
MAX_SHEET_ROWS = 1 << 20
FORMULA = re.compile(rb"<(\w+:)?f[\s/>]")

Cells = Sequence[Any]


def read_xlsx(handle: BinaryIO, layout: Layout) -> Iterator[Batch]:
    """The batches of the sheet; `source_row` is the spreadsheet's row number. Empty rows are skipped.

    A workbook in which two sheets have rows, or a hidden one, is refused: rows would be lost in silence, or
    taken that nobody meant to send. A formula counts as the result that its cell remembers. XML is read
    through defusedxml: no entities.
    """
    names: list[str] = []
    good: dict[int, list[str | None]] = {}
    bad: list[BadRow] = []
    for row, cells, formulas in _rows(handle):
        texts = _without_empty_end([_as_text(cell) for cell in cells])
        if not names:
            if texts:
                names = bind_header([text or "" for text in texts], layout)
        elif error := _error(texts, cells, formulas, names):
            bad.append(BadRow(row, *error, as_line(texts)))
        elif texts:
            good[row] = texts + [None] * (len(names) - len(texts))
        if len(good) + len(bad) >= BATCH_ROWS:
            yield _batch(names, good, bad)
            good, bad = {}, []
    if not names:
        raise Refused("empty_file", "the workbook is empty, even of a header. Send it again.")
    yield _batch(names, good, bad)


def _rows(handle: BinaryIO) -> Iterator[tuple[int, Cells, Cells]]:
    """Row number, cells, and the same cells with formulas for results, where the workbook has any formula."""
    with ZipFile(handle) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise Refused("archive_too_large", "the workbook unpacks to more than 512 MiB. Send it as CSV.")
        has_formulas = any(_has_formulas(archive, name) for name in archive.namelist() if "sheet" in name)
    place = _place_of_sheet(handle)
    results = _cells(handle, place, data_only=True)
    formulas = _cells(handle, place, data_only=False) if has_formulas else repeat(())
    for row, (cells, written) in enumerate(zip(results, formulas, strict=False), start=1):
        if row > MAX_SHEET_ROWS:  # openpyxl fills gaps, and a row may call itself number 10^12
            raise Refused("corrupt_file", "the sheet has more rows than a sheet can have. Save it again.")
        yield row, cells, written


def _place_of_sheet(handle: BinaryIO) -> int:
    """The place of the one sheet that has anything in it; the first where none has."""
    sheets = _sheets(handle, data_only=False)
    filled = [place for place, sheet in enumerate(sheets) if _has_cells(sheet)]
    if len(filled) > 1:
        titles = ", ".join(repr(sheets[place].title) for place in filled)
        sentence = f"{len(filled)} of its sheets have rows ({titles}). Save each one in a separate file."
        raise Refused("several_sheets", sentence)
    if filled and sheets[filled[0]].sheet_state != "visible":
        sentence = (
            f"its rows are on the hidden sheet {sheets[filled[0]].title!r}. Unhide it and save it again."
        )
        raise Refused("hidden_sheet", sentence)
    return filled[0] if filled else 0


def _has_cells(sheet: Any) -> bool:
    rows = islice(sheet.iter_rows(values_only=True), MAX_SHEET_ROWS)
    return any(cell not in (None, "") for row in rows for cell in row)


def _cells(handle: BinaryIO, place: int, data_only: bool) -> Iterator[Cells]:
    return _sheets(handle, data_only)[place].iter_rows(values_only=True)


def _sheets(handle: BinaryIO, data_only: bool) -> list[Any]:
    workbook = load_workbook(handle, read_only=True, data_only=data_only, keep_links=False)
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()  # a wrong <dimension> would cut rows off
    return workbook.worksheets


def _has_formulas(archive: ZipFile, name: str) -> bool:
    with archive.open(name) as sheet:
        end = b""
        while piece := sheet.read(1 << 20):
            if FORMULA.search(end + piece):
                return True
            end = piece[-64:]
    return False


def _as_text(cell: Any) -> str | None:
    match cell:
        case None:
            return None
        case bool():
            return "true" if cell else "false"
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)  # of a float the shortest text that reads back the same


def _without_empty_end(texts: list[str | None]) -> list[str | None]:
    while texts and not (texts[-1] or "").strip():
        texts.pop()
    return texts


def _error(texts: Cells, cells: Cells, formulas: Cells, names: list[str]) -> tuple[str, str] | None:
    for place, (cell, formula) in enumerate(zip(cells, formulas, strict=False)):
        if cell is None and formula is not None:
            where = names[place] if place < len(names) else f"column {place + 1}"
            sentence = f"the formula in {where} has no stored result. Open the workbook and save it."
            return "formula_without_result", sentence
    if len(texts) > len(names):
        sentence = f"{len(texts)} columns where the header has {len(names)}. Empty the cells beyond it."
        return "too_many_columns", sentence
    return None


def _batch(names: list[str], good: dict[int, list[str | None]], bad: list[BadRow]) -> Batch:
    sound = check_texts(text_table(names, list(good.values())), list(good))
    return Batch(sound.rows, landed=sound.landed + len(bad), bad=bad + sound.bad)
