"""Comma-separated text: nothing gets past the gate that is not exactly a row, whatever the bytes."""

import csv
import gzip
import io

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dagster_project.landing.contracts import Layout
from dagster_project.landing.readers import READERS, delimited, extension_of, read

LAYOUT = Layout(("id", "quantity", "note", "url"))
HEADER = b"id,quantity,note,url\n"
EXAMPLES = settings(max_examples=150, deadline=None)

CONTROLS = "".join(chr(code) for code in range(128) if delimited.CONTROL.match(chr(code)))
text = st.text(st.characters(codec="utf-8", exclude_characters=CONTROLS))
tricky = st.text(st.sampled_from('",\n\r\t ab\u00e9\ufeff😀'), max_size=12)
tables = st.lists(st.lists(text | tricky, min_size=4, max_size=4), max_size=8)


@EXAMPLES
@given(tables, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_a_csv_writer_writes_arrives_byte_for_byte(take, rows, end, quoting):
    texts = [text for row in rows for text in row]
    looks_like_rows = [0 < 3 * text.count("\n") <= text.count(",") for text in texts]
    assume(not any(looks_like_rows))  # see the ditto marks below
    if quoting == csv.QUOTE_MINIMAL and end == "\n":
        assume("\r" not in "".join(texts))  # before Python 3.13 the writer leaves it bare
    file = io.StringIO()
    csv.writer(file, lineterminator=end, quoting=quoting).writerows([LAYOUT.columns, *rows])
    good, bad = take(file.getvalue().encode())
    assert list(good.values()) == [tuple(value or None for value in row) for row in rows]
    assert not bad


pieces = [b'"', b",", b"\n", b"\r\n", b"\r", b"a", b" ", b"\0", b"\xff", "é".encode(), b'"x"', b'""']
rows = [b"a,b,c,d\n", b'a,"b\nb",c,d\n', b'"a",b,c,"d"\r\n']
messy = st.lists(st.sampled_from(pieces + rows), max_size=60).map(b"".join)


@EXAMPLES
@given(messy, st.integers(1, 40), st.integers(10, 60))
def test_the_verdict_depends_neither_on_the_blocks_nor_on_the_short_cut(take, content, block, longest):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "MAX_ROW_BYTES", longest)
        patch.setattr(delimited, "_read_header", lambda handle, layout: (list(layout.columns), 1))
        whole = take(content)
        patch.setattr(delimited, "BLOCK_BYTES", block + longest)
        assert take(content) == whole
        patch.setattr(delimited, "_parse_if_unremarkable", lambda *arguments: None)
        assert take(content) == whole


@EXAMPLES
@given(messy)
def test_every_line_that_is_not_blank_is_taken_or_refused_once(content):
    lines = io.BytesIO(HEADER + content).readlines()
    accounted = []
    for part in read(io.BytesIO(HEADER + content), ".csv", LAYOUT):
        for row in part.rows.to_pylist():
            start, values = row.pop("source_row"), list(row.values())
            height = 1 + sum((value or "").count("\n") for value in values)
            text = b"".join(lines[start - 1 : start - 1 + height]).decode()
            [parsed] = csv.reader(io.StringIO(text, newline=""), strict=True)
            assert values == [value or None for value in parsed]
            accounted += range(start, start + height)
        for bad in part.bad:
            accounted += range(bad.source_row, bad.source_row + len(io.StringIO(bad.raw_row).readlines()))
    assert len(accounted) == len(set(accounted))
    assert {number for number, line in enumerate(lines[1:], start=2) if line.strip()} <= set(accounted)


def test_a_row_starts_where_its_first_line_stands(take):
    good, _ = take(HEADER + b'1,2,"a\nb\nc",u\n\n2,3,x,u\n')
    assert good == {2: ("1", "2", "a\nb\nc", "u"), 6: ("2", "3", "x", "u")}


@pytest.mark.parametrize("column", range(4))
def test_ditto_marks_do_not_swallow_the_row_between_them(take, column):
    ditto = [b"1", b"2", b"x", b"u"]
    ditto[column] = b'"'
    good, bad = take(HEADER + b"\n".join([b"1,2,x,u", b",".join(ditto), b",".join(ditto), b"4,5,x,u"]))
    assert list(good) == [2, 5]
    assert bad == {3: "unbalanced_quote", 4: "unbalanced_quote"}


def test_a_quote_left_open_for_more_than_a_mebibyte_refuses_all_that_follows(take):
    filler = b"1,2,x,u\n" * 300_000
    good, bad = take(HEADER + b'1,2,x,u\n2,3,"x,u\n' + filler + b'3,4,x",u\n4,5,x,u\n')
    assert list(good) == [2]
    assert len(bad) == 300_003
    assert set(bad.values()) == {"unbalanced_quote"}


def test_a_long_text_in_quotes_is_taken_up_to_a_mebibyte(take):
    note = "line\n" * 200_000
    good, bad = take(HEADER + f'1,2,"{note}",u\n2,3,x,u\n'.encode())
    assert good == {2: ("1", "2", note, "u"), 200_003: ("2", "3", "x", "u")}
    assert not bad


def test_a_line_of_many_blocks_is_refused_by_its_head_alone(take):
    good, bad = take(HEADER + b"1,2,x,u\n2,3," + b"x" * (13 << 20) + b",u\n3,4,x,u\n")
    assert list(good) == [2, 4]
    assert bad == {3: "row_too_long"}


def test_a_zero_width_space_that_opens_a_block_is_kept(take, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 8)
    good, _ = take(HEADER + "\ufeff1,2,x,u\n\ufeff2,3,x,u\n".encode())
    assert [row[0] for row in good.values()] == ["\ufeff1", "\ufeff2"]


def test_a_refused_row_is_shown_as_it_was_with_escapes_and_cut():
    [part] = read(io.BytesIO(HEADER + b"1,\xff\x1b[2J\n" + b"2," * 9_000 + b"\n"), ".csv", LAYOUT)
    assert part.bad[0].raw_row == "1,\\xff\\x1b[2J\n"
    assert part.bad[1].raw_row == "2," * 2_000


def test_a_single_column_can_be_a_contract():
    content = b"id\n1\n\n  \n 2 \n"
    rows = [part.rows.to_pylist() for part in read(io.BytesIO(content), ".csv", Layout(("id",)))]
    assert rows == [[{"id": "1", "source_row": 2}, {"id": " 2 ", "source_row": 5}]]


def test_an_archive_that_unpacks_to_more_than_its_size_allows_is_refused(refusal, tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "FREE_UNPACKED_BYTES", 1 << 20)
    monkeypatch.setattr(delimited, "MAX_UNPACKED_RATIO", 10)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(HEADER + b"1,2,x,u\n" * (1 << 18)))
    assert refusal(path).reason == "archive_too_large"


def test_every_reader_is_in_the_dictionary_and_found_by_name():
    assert list(READERS) == [".csv", ".csv.gz", ".parquet", ".xlsx", ".json", ".xml"]
    names = ("A.CSV", "a.b.csv.GZ", "a.Parquet", "a.xlsx", "a.JSON", "a.xml")
    assert [extension_of(name) for name in names] == list(READERS)
    assert [extension_of(name) for name in ("a.gz", "csv", "a.csv.zip", "a.csv.", "a.xls")] == [None] * 5
