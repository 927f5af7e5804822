"""The gate itself: every format to exact text, and no way around it, whatever the bytes."""

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from dagster_project.contracts import Refused
from dagster_project.readers import READERS, Batch, delimited, extension_of, read, xlsx

COLUMNS = ("id", "quantity", "note", "url")
HEADER = b"id,quantity,note,url\n"
EXAMPLES = settings(max_examples=100, deadline=None)

Row = tuple[str | None, ...]


def taken(batches: Iterator[Batch]) -> tuple[dict[int, Row], dict[int, str]]:
    """The good rows by source_row in the contract's order of columns, and the bad ones' reasons."""
    good, bad = {}, {}
    for part in batches:
        rows = part.rows.select([*COLUMNS, "source_row"]).to_pylist()
        assert part.landed == len(rows) + len(part.bad)
        good |= {row.pop("source_row"): tuple(row.values()) for row in rows}
        bad |= {row.source_row: row.reason for row in part.bad}
    return good, bad


def read_text(content: bytes) -> tuple[dict[int, Row], dict[int, str]]:
    return taken(read(io.BytesIO(content), ".csv", COLUMNS))


def read_file(path: Path) -> tuple[dict[int, Row], dict[int, str]]:
    with path.open("rb") as handle:
        return taken(read(handle, extension_of(path.name), COLUMNS))


def refusal(path: Path) -> Refused:
    with pytest.raises(Refused) as raised:
        read_file(path)
    return raised.value


# --- comma-separated text

CONTROLS = "".join(chr(code) for code in range(128) if delimited.CONTROL.match(chr(code)))
text = st.text(st.characters(codec="utf-8", exclude_characters=CONTROLS))
tricky = st.text(st.sampled_from('",\n\r\t ab\u00e9\ufeff😀'), max_size=12)
tables = st.lists(st.lists(text | tricky, min_size=4, max_size=4), max_size=8)


@EXAMPLES
@given(tables, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_a_csv_writer_writes_arrives_byte_for_byte(rows, end, quoting):
    texts = [text for row in rows for text in row]
    assume(
        not any(0 < 3 * text.count("\n") <= text.count(",") for text in texts)
    )  # see the ditto marks below
    if quoting == csv.QUOTE_MINIMAL and end == "\n":
        assume("\r" not in "".join(texts))  # before Python 3.13 the writer leaves it bare
    file = io.StringIO()
    csv.writer(file, lineterminator=end, quoting=quoting).writerows([COLUMNS, *rows])
    good, bad = read_text(file.getvalue().encode())
    assert list(good.values()) == [tuple(value or None for value in row) for row in rows]
    assert not bad


messy = st.lists(
    st.sampled_from(
        [
            b'"',
            b",",
            b"\n",
            b"\r\n",
            b"\r",
            b"a",
            b"a,b,c,d\n",
            b'"x"',
            b'""',
            b" ",
            b"\0",
            b"\xff",
            "é".encode(),
        ]
    ),
    max_size=60,
).map(b"".join)


@EXAMPLES
@given(messy, st.integers(1, 40), st.integers(10, 60))
def test_the_verdict_depends_neither_on_the_blocks_nor_on_the_short_cut(content, block, longest):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "MAX_ROW_BYTES", longest)
        patch.setattr(delimited, "_read_header", lambda handle, columns: (list(columns), 1))
        whole = read_text(content)
        patch.setattr(delimited, "BLOCK_BYTES", block + longest)
        assert read_text(content) == whole
        patch.setattr(delimited, "_parse_if_unremarkable", lambda *arguments: None)
        assert read_text(content) == whole


@EXAMPLES
@given(messy)
def test_every_line_that_is_not_blank_is_taken_or_refused(content):
    good, bad = read_text(HEADER + content)
    rows = sorted(good | bad)
    lines = io.BytesIO(HEADER + content).readlines()
    for number, line in enumerate(lines[1:], start=2):
        begun = max((row for row in rows if row <= number), default=None)
        inside_quotes = begun in good and "\n" in "".join(filter(None, good[begun]))
        inside_bad = begun in bad and begun < number
        assert number in rows or inside_quotes or inside_bad or not line.strip()
    for row, values in good.items():
        [parsed] = list(
            csv.reader(io.StringIO(b"".join(lines[row - 1 :]).decode(errors="replace"), newline=""))
        )[:1]
        assert values == tuple(value or None for value in parsed)


def test_a_row_starts_where_its_first_line_stands():
    good, _ = read_text(HEADER + b'1,2,"a\nb\nc",u\n\n2,3,x,u\n')
    assert good == {2: ("1", "2", "a\nb\nc", "u"), 6: ("2", "3", "x", "u")}


@pytest.mark.parametrize("column", range(4))
def test_ditto_marks_do_not_swallow_the_row_between_them(column):
    ditto = [b"1", b"2", b"x", b"u"]
    ditto[column] = b'"'
    good, bad = read_text(HEADER + b"\n".join([b"1,2,x,u", b",".join(ditto), b",".join(ditto), b"4,5,x,u"]))
    assert list(good) == [2, 5]
    assert bad == {3: "unbalanced_quote", 4: "unbalanced_quote"}


def test_a_quote_left_open_for_more_than_a_mebibyte_refuses_all_that_follows():
    filler = b"1,2,x,u\n" * 300_000
    good, bad = read_text(HEADER + b'1,2,x,u\n2,3,"x,u\n' + filler + b'3,4,x",u\n4,5,x,u\n')
    assert list(good) == [2]
    assert len(bad) == 300_003
    assert set(bad.values()) == {"unbalanced_quote"}


def test_a_long_text_in_quotes_is_taken_up_to_a_mebibyte():
    note = "line\n" * 200_000
    good, bad = read_text(HEADER + f'1,2,"{note}",u\n2,3,x,u\n'.encode())
    assert good == {2: ("1", "2", note, "u"), 200_003: ("2", "3", "x", "u")}
    assert not bad


def test_a_line_of_many_blocks_is_refused_by_its_head_alone():
    good, bad = read_text(HEADER + b"1,2,x,u\n2,3," + b"x" * (13 << 20) + b",u\n3,4,x,u\n")
    assert list(good) == [2, 4]
    assert bad == {3: "row_too_long"}


def test_a_zero_width_space_that_opens_a_block_is_kept(monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 8)
    good, _ = read_text(HEADER + "\ufeff1,2,x,u\n\ufeff2,3,x,u\n".encode())
    assert [row[0] for row in good.values()] == ["\ufeff1", "\ufeff2"]


def test_a_refused_row_is_shown_as_it_was_with_escapes_and_cut():
    [part] = read(io.BytesIO(HEADER + b"1,\xff\x1b[2J\n" + b"2," * 9_000 + b"\n"), ".csv", COLUMNS)
    assert part.bad[0].raw_row == "1,\\xff\\x1b[2J\n"
    assert part.bad[1].raw_row == "2," * 2_000


def test_a_single_column_can_be_a_contract():
    content = b"id\n1\n\n  \n 2 \n"
    rows = [part.rows.to_pylist() for part in read(io.BytesIO(content), ".csv", ("id",))]
    assert rows == [[{"id": "1", "source_row": 2}, {"id": " 2 ", "source_row": 5}]]


def test_an_archive_that_unpacks_to_more_than_its_size_allows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "FREE_UNPACKED_BYTES", 1 << 20)
    monkeypatch.setattr(delimited, "MAX_UNPACKED_RATIO", 10)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(HEADER + b"1,2,x,u\n" * (1 << 18)))
    assert refusal(path).reason == "archive_too_large"


# --- Parquet


def written(path: Path, columns: dict[str, pa.Array]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([Decimal("0.00000001"), Decimal("-12.50000000"), None], pa.decimal128(28, 8)),
         ["0.00000001", "-12.50000000", None]),
        (pa.array([Decimal("0.123456789012345678")], pa.decimal256(60, 18)), ["0.123456789012345678"]),
        (pa.array([21_000_000, -1], pa.int64()), ["21000000", "-1"]),
        (pa.array([18446744073709551615], pa.uint64()), ["18446744073709551615"]),
        (pa.array([0.1, 1e-8, 5.0, float("nan")]), ["0.1", "1e-8", "5", "nan"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([" a ", "", "a,\"b\"\n"]), [" a ", None, "a,\"b\"\n"]),
        (pa.array([b"abc"]), ["abc"]),
        (pa.array(["x", "x", None]).dictionary_encode(), ["x", "x", None]),
        (pa.array([date(2026, 2, 7)]), ["2026-02-07"]),
        (pa.array([datetime(2026, 2, 7, 12), datetime(2026, 2, 7, 12, 0, 0, 120_000)]),
         ["2026-02-07T12:00:00", "2026-02-07T12:00:00.120000"]),
        (pa.array([datetime(2026, 2, 7, 3, tzinfo=UTC)], pa.timestamp("ns", "Asia/Tokyo")),
         ["2026-02-07T03:00:00Z"]),
        (pa.array([datetime(2026, 2, 7, 12, 0, 0, 1_000, tzinfo=UTC)], pa.timestamp("ms", "UTC")),
         ["2026-02-07T12:00:00.001Z"]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)  # fmt: skip
def test_a_parquet_value_is_written_out_exactly(tmp_path, values, expected):
    texts = pa.array(["x"] * len(values))
    path = written(tmp_path / "a.parquet", {"ID": texts, "quantity": values, "url": texts, "note": texts})
    good, bad = read_file(path)
    assert [row[1] for row in good.values()] == expected
    assert list(good) == list(range(1, len(expected) + 1))
    assert not bad


def test_a_parquet_row_with_a_control_character_or_a_mebibyte_of_text_is_refused(tmp_path):
    texts = pa.array(["x"] * 3)
    notes = pa.array(["a\0b", "fine", "x" * (1 << 20)])
    path = written(tmp_path / "a.parquet", {"id": texts, "quantity": texts, "note": notes, "url": texts})
    good, bad = read_file(path)
    assert good == {2: ("x", "x", "fine", "x")}
    assert bad == {1: "control_character", 3: "row_too_long"}


def test_parquet_text_that_is_no_text_is_refused(tmp_path):
    texts = pa.array(["x"])
    path = written(
        tmp_path / "a.parquet", {"id": texts, "quantity": texts, "note": pa.array([b"\xff"]), "url": texts}
    )
    assert refusal(path).reason == "corrupt_file"


def test_a_nested_parquet_column_is_refused_by_name(tmp_path):
    texts = pa.array(["x"])
    path = written(
        tmp_path / "a.parquet", {"id": texts, "quantity": pa.array([[1]]), "note": texts, "url": texts}
    )
    assert refusal(path).reason == "unsupported_format"
    assert "'quantity' is a list" in refusal(path).sentence


# --- XLSX


def workbook(path: Path, rows: Sequence[Sequence[object]], **parts: tuple[str, str]) -> Path:
    """A workbook; `sheet1=(pattern, text)` rewrites a part of it, as other programs might have written it."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("another").append(["never", "read"])
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


def test_a_spreadsheet_cell_arrives_as_it_is_stored(tmp_path):
    cells = [5, 0.1, 1e-8, "0.10", " 00123 ", True, datetime(2026, 2, 7, 12), date(2026, 2, 7), time(12, 30)]
    path = workbook(
        tmp_path / "a.xlsx", [COLUMNS, *[[number, cell, "x", None] for number, cell in enumerate(cells)]]
    )
    good, bad = read_file(path)
    assert [row[1] for row in good.values()] == [
        *["5", "0.1", "1e-08", "0.10", " 00123 ", "true"],
        *["2026-02-07T12:00:00", "2026-02-07T00:00:00", "12:30:00"],
    ]
    assert list(good) == list(range(2, 11))
    assert not bad


def test_empty_rows_and_cells_of_a_sheet_do_not_count(tmp_path):
    rows = [
        [],
        ["ID ", "quantity", "url", "note", None],
        ["1"],
        [None, " "],
        [],
        ["2", "3", "u", "n", None, " "],
    ]
    good, bad = read_file(workbook(tmp_path / "a.xlsx", rows))
    assert good == {3: ("1", None, None, None), 6: ("2", "3", "n", "u")}
    assert not bad


def test_a_cell_beyond_the_header_refuses_its_row(tmp_path):
    good, bad = read_file(workbook(tmp_path / "a.xlsx", [COLUMNS, [1, 2, 3, 4, 5], [1, 2, 3, 4]]))
    assert list(good) == [3]
    assert bad == {2: "too_many_columns"}


def test_a_formula_counts_as_its_stored_result(tmp_path):
    rows = [COLUMNS, ["1", "=2+3", "x", "u"], ["2", "7", "x", "u"]]
    path = workbook(tmp_path / "a.xlsx", rows, sheet1=("<f>2[+]3</f><v ?/?>(</v>)?", "<f>2+3</f><v>5</v>"))
    good, bad = read_file(path)
    assert good == {2: ("1", "5", "x", "u"), 3: ("2", "7", "x", "u")}
    assert not bad


def test_a_formula_without_a_stored_result_refuses_its_row(tmp_path):
    good, bad = read_file(
        workbook(tmp_path / "a.xlsx", [COLUMNS, ["1", "=2+3", "x", "u"], ["2", "7", "x", "u"]])
    )
    assert list(good) == [3]
    assert bad == {2: "formula_without_result"}


def test_a_sheet_that_lies_about_its_size_is_read_to_its_end(tmp_path):
    rows = [COLUMNS, *[[number, 1, "x", "u"] for number in range(5)]]
    path = workbook(tmp_path / "a.xlsx", rows, sheet1=('ref="A1:D6"', 'ref="A1:B2"'))
    assert len(read_file(path)[0]) == 5


def test_a_sheet_with_a_row_beyond_the_last_possible_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "MAX_SHEET_ROWS", 1_000)
    path = workbook(
        tmp_path / "a.xlsx", [COLUMNS, [1, 2, 3, 4]], sheet1=('<row r="2"', '<row r="999999999999"')
    )
    assert refusal(path).reason == "corrupt_file"


def test_an_entity_bomb_is_refused(tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><worksheet'
    path = workbook(tmp_path / "a.xlsx", [COLUMNS], sheet1=("<worksheet", bomb))
    assert refusal(path).reason == "corrupt_file"


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "MAX_UNPACKED_BYTES", 1_000)
    assert refusal(workbook(tmp_path / "a.xlsx", [COLUMNS])).reason == "archive_too_large"


# --- all formats


def test_every_reader_is_in_the_dictionary_and_found_by_name():
    assert list(READERS) == [".csv", ".csv.gz", ".parquet", ".xlsx"]
    assert [extension_of(name) for name in ("A.CSV", "a.b.csv.GZ", "a.Parquet", "a.xlsx")] == list(READERS)
    assert [extension_of(name) for name in ("a.gz", "csv", "a.csv.zip", "a.csv.", "a.xls")] == [None] * 5
