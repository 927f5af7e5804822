"""XLSX: cells as they are stored, on sheets that may lie."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from dagster_project.landing.contracts import Refused
from dagster_project.landing.readers import xlsx

COLUMNS = ("id", "quantity", "note", "url")


def workbook(path: Path, rows: Sequence[Sequence[object]], **parts: tuple[str, str]) -> Path:
    """A workbook; `sheet1=(pattern, text)` rewrites a part of it, as other programs might have written it."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("empty")
    plain = io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name).decode()
            for part, (pattern, text) in parts.items():
                if part in name:
                    content = re.sub(pattern, lambda _, text=text: text, content, count=1)
            target.writestr(name, content)
    return path


def test_a_spreadsheet_cell_arrives_as_it_is_stored(take, tmp_path):
    cells = [5, 0.1, 1e-8, "0.10", " 00123 ", True, datetime(2026, 2, 7, 12), date(2026, 2, 7), time(12, 30)]
    path = workbook(
        tmp_path / "a.xlsx", [COLUMNS, *[[number, cell, "x", None] for number, cell in enumerate(cells)]]
    )
    good, bad = take(path)
    assert [row[1] for row in good.values()] == [
        *["5", "0.1", "1e-08", "0.10", " 00123 ", "true"],
        *["2026-02-07T12:00:00", "2026-02-07T00:00:00", "12:30:00"],
    ]
    assert list(good) == list(range(2, 11))
    assert not bad


def test_empty_rows_and_cells_of_a_sheet_do_not_count(take, tmp_path):
    rows = [
        [],
        ["ID ", "quantity", "url", "note", None],
        ["1"],
        [None, " "],
        [],
        ["2", "3", "u", "n", None, " "],
    ]
    good, bad = take(workbook(tmp_path / "a.xlsx", rows))
    assert good == {3: ("1", None, None, None), 6: ("2", "3", "n", "u")}
    assert not bad


def test_a_cell_beyond_the_header_refuses_its_row(take, tmp_path):
    good, bad = take(workbook(tmp_path / "a.xlsx", [COLUMNS, [1, 2, 3, 4, 5], [1, 2, 3, 4]]))
    assert list(good) == [3]
    assert bad == {2: "too_many_columns"}


def test_a_formula_counts_as_its_stored_result(take, tmp_path):
    rows = [COLUMNS, ["1", "=2+3", "x", "u"], ["2", "7", "x", "u"]]
    path = workbook(tmp_path / "a.xlsx", rows, sheet1=("<f>2[+]3</f><v ?/?>(</v>)?", "<f>2+3</f><v>5</v>"))
    good, bad = take(path)
    assert good == {2: ("1", "5", "x", "u"), 3: ("2", "7", "x", "u")}
    assert not bad


def test_a_formula_without_a_stored_result_refuses_its_row(take, tmp_path):
    good, bad = take(workbook(tmp_path / "a.xlsx", [COLUMNS, ["1", "=2+3", "x", "u"], ["2", "7", "x", "u"]]))
    assert list(good) == [3]
    assert bad == {2: "formula_without_result"}


def test_a_sheet_that_lies_about_its_size_is_read_to_its_end(take, tmp_path):
    rows = [COLUMNS, *[[number, 1, "x", "u"] for number in range(5)]]
    path = workbook(tmp_path / "a.xlsx", rows, sheet1=('ref="A1:D6"', 'ref="A1:B2"'))
    assert len(take(path)[0]) == 5


def test_a_sheet_with_a_row_beyond_the_last_possible_one_is_refused(refusal, tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "MAX_SHEET_ROWS", 1_000)
    path = workbook(
        tmp_path / "a.xlsx", [COLUMNS, [1, 2, 3, 4]], sheet1=('<row r="2"', '<row r="999999999999"')
    )
    assert refusal(path).reason == "corrupt_file"


def test_an_entity_bomb_is_refused(refusal, tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><worksheet'
    path = workbook(tmp_path / "a.xlsx", [COLUMNS], sheet1=("<worksheet", bomb))
    assert refusal(path).reason == "corrupt_file"


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(refusal, tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "MAX_UNPACKED_BYTES", 1_000)
    assert refusal(workbook(tmp_path / "a.xlsx", [COLUMNS])).reason == "archive_too_large"


def sheets(path: Path, **given: tuple[str, list[Sequence[object]]]) -> Path:
    """A workbook of sheets by title, each with its state and its rows."""
    book = Workbook()
    book.remove(book.active)
    for title, (state, rows) in given.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = state
    book.save(path)
    return path


ROWS = [COLUMNS, ["1", "2", "n", "u"]]


def test_two_sheets_with_rows_are_refused_because_one_would_be_lost(take, tmp_path):
    path = sheets(tmp_path / "a.xlsx", january=("visible", ROWS), february=("visible", ROWS))
    with pytest.raises(Refused, match="2 of its sheets have rows \\('january', 'february'\\)") as refused:
        take(path)
    assert refused.value.reason == "several_sheets"


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_rows_on_a_hidden_sheet_are_refused(take, tmp_path, state):
    path = sheets(tmp_path / "a.xlsx", cover=("visible", []), old=(state, ROWS))
    with pytest.raises(Refused, match="on the hidden sheet 'old'"):
        take(path)


def test_a_hidden_sheet_beside_the_rows_is_refused_too(take, tmp_path):
    path = sheets(tmp_path / "a.xlsx", data=("visible", ROWS), old=("hidden", ROWS))
    with pytest.raises(Refused, match="2 of its sheets have rows"):
        take(path)


def test_rows_on_the_second_sheet_are_read_where_the_first_is_empty(take, tmp_path):
    path = sheets(tmp_path / "a.xlsx", cover=("visible", []), data=("visible", ROWS))
    good, bad = take(path)
    assert list(good.values()) == [("1", "2", "n", "u")]
    assert not bad


def test_merged_cells_of_a_header_are_refused_by_the_names_that_are_missing(take, tmp_path):
    path = tmp_path / "a.xlsx"
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active.merge_cells("B1:C1")
    book.save(path)
    with pytest.raises(Refused):
        take(path)
