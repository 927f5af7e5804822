"""Bad files at the door: what is good in them arrives exactly, the rest is refused with file, row and reason.

The ids are those of the fault list: E encodings, L line ends, Q quotes, R ragged rows, D delimiters, F files,
S hostile content, T and N hostile values (which landing passes on). Each fault is a file of five good rows,
changed as described, and lands beside three good files.
"""

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

COLUMNS = (
    "event_id,company_id,occurred_at,event_type,from_account,from_asset,from_quantity,to_account,to_asset,"
    "to_quantity,fee_account,fee_asset,fee_quantity,value_usd,lot_picks,identified_at,group_id,is_illustrative,"
    "source_url,note"
)
ROWS = [
    f"{name},cango,2026-02-0{day}T12:00:00Z,purchase,cango:cash,USD,5000.50,cango:custody,BTC,0.10000000,"
    f"cango:cash,USD,1.25,5000.50,,,group {day},false,https://example.com/{day},bought at market"
    for day, name in enumerate(["ant", "bee", "cow", "doe", "elk"], start=1)
]


def lines(*texts: str, end: str = "\n") -> bytes:
    return "".join(text + end for text in texts).encode()


def with_row(number: int, change: Callable[[str], str | bytes]) -> bytes:
    """The base file with row 1 … 5 changed; row n stands on line n + 1."""
    texts = [line.encode() for line in (COLUMNS, *ROWS)]
    changed = change(ROWS[number - 1])
    texts[number] = changed if isinstance(changed, bytes) else changed.encode()
    return b"\n".join(texts) + b"\n"


def noted(text: str, row: int = 2) -> Callable[[str], str]:
    return lambda line: line.replace("bought at market", text)


def values(line: str) -> list[str | None]:
    """The values of a row without quotes in it, as raw must hold them."""
    return [value or None for value in line.split(",")]


GOOD = {line: values(row) for line, row in enumerate(ROWS, start=2)}
BASE = lines(COLUMNS, *ROWS)


def good_but(*refused: int, **notes: str) -> dict[int, list[str | None]]:
    """The good rows less those on refused lines; `line3="…"` is another note on line 3."""
    rows = {line: row for line, row in GOOD.items() if line not in refused}
    for line, note in notes.items():
        number = int(line.removeprefix("line"))
        rows[number] = [*rows[number][:-1], note]
    return rows


@dataclass(frozen=True)
class Fault:
    """A file, and what must become of it: these rows by line, these lines refused, or the file refused."""

    content: bytes
    rows: dict[int, list[str | None]] = field(default_factory=dict)
    bad: dict[int, str] = field(default_factory=dict)
    refused: str = ""
    name: str = "events.csv"


def accepted(content: bytes, rows=None, name: str = "events.csv") -> Fault:
    return Fault(content, GOOD if rows is None else rows, name=name)


def bad_row(line: int, reason: str, content: bytes) -> Fault:
    return Fault(content, good_but(line), {line: reason})


def refused(reason: str, content: bytes, name: str = "events.csv") -> Fault:
    return Fault(content, refused=reason, name=name)


def zipped(member: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(member, BASE)
    return archive.getvalue()


def workbook(*rows: list) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def parquet() -> bytes:
    names, rows = COLUMNS.split(","), list(GOOD.values())
    file = io.BytesIO()
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), file)
    return file.getvalue()


def swapped(line: str) -> str:
    return ",".join(reversed(line.split(",")))


PACKED = gzip.compress(BASE)
GRID = [line.split(",") for line in (COLUMNS, *ROWS)]
HEADER_CELLS = COLUMNS.split(",")
UNUSUAL = "abc \u202egnp.exe\u202c \u200b👩\u200d🚀 \u2212 \ufeff"

FAULTS = {
    "A00 clean": accepted(BASE),
    "E01 UTF-8 with BOM": accepted(b"\xef\xbb\xbf" + BASE),
    "E02 UTF-16": refused("bad_encoding", BASE.decode().encode("utf-16")),
    "E02b UTF-16 without BOM": refused("bad_encoding", BASE.decode().encode("utf-16-le")),
    "E02c UTF-32": refused("bad_encoding", BASE.decode().encode("utf-32")),
    "E03 latin-1 in row 3": bad_row(
        4, "bad_encoding", with_row(3, lambda row: row.replace("market", "Zürich").encode("latin-1"))
    ),
    "E04 cp1252 quotes in row 3": bad_row(
        4, "bad_encoding", with_row(3, lambda row: row.replace("market", "“market”").encode("cp1252"))
    ),
    "E05 NUL in row 2": bad_row(3, "control_character", with_row(2, noted("bought\0"))),
    "E05b escape sequence in row 2": bad_row(3, "control_character", with_row(2, noted("\x1b[2J"))),
    "E05c lone CR in row 2": bad_row(3, "control_character", with_row(2, noted("bought\rsold"))),
    "E05d NUL in a quoted field": bad_row(3, "control_character", with_row(2, noted('"bought,\0"'))),
    "E06 binary": refused("bad_encoding", bytes(range(256)) * 20),
    "E07 bidi, zero width, emoji": accepted(with_row(2, noted(UNUSUAL)), good_but(line3=UNUSUAL)),
    "L01 CRLF": accepted(lines(COLUMNS, *ROWS, end="\r\n")),
    "L02 CR alone": refused("control_character", lines(COLUMNS, *ROWS, end="\r")),
    "L03 LF and CRLF": accepted(lines(COLUMNS, *ROWS[:2], end="\r\n") + lines(*ROWS[2:])),
    "L03b a quoted CRLF value": accepted(
        lines(COLUMNS, *ROWS[:4], ROWS[4].replace("bought at market", '"bought at market"'), end="\r\n")
    ),
    "L04 no last newline": accepted(BASE.rstrip(b"\n")),
    "L05 blank lines": accepted(
        lines(COLUMNS, "", *ROWS[:2], "", "", *ROWS[2:]),
        dict(zip([3, 4, 7, 8, 9], GOOD.values(), strict=True)),
    ),
    "L05b a blank line before the header": accepted(
        b"\n" + BASE, dict(zip(range(3, 8), GOOD.values(), strict=True))
    ),
    "L06 last row cut": bad_row(6, "too_few_columns", BASE[:-120]),
    "L08 lines of spaces": accepted(BASE + b"  \n\t\n\r\n   "),
    "Q01 quote of row 2 never closed": Fault(
        with_row(2, noted('"bought at market')),
        good_but(3, 4, 5, 6),
        dict.fromkeys([3, 4, 5, 6], "unbalanced_quote"),
    ),
    "Q01b closed by a quote in row 4": Fault(
        lines(COLUMNS, ROWS[0], noted('"bought')(ROWS[1]), ROWS[2], noted('"so, sold"')(ROWS[3]), ROWS[4]),
        good_but(3, 4, 5),
        dict.fromkeys([3, 4, 5], "unbalanced_quote"),
    ),
    "Q01c ditto marks in rows 2 and 3": Fault(
        lines(COLUMNS, ROWS[0], noted('"')(ROWS[1]), noted('"')(ROWS[2]), *ROWS[3:]),
        good_but(3, 4),
        dict.fromkeys([3, 4], "unbalanced_quote"),
    ),
    "Q02 quote of the last row never closed": bad_row(6, "unbalanced_quote", with_row(5, noted('"bought'))),
    "Q03 newlines in quotes": accepted(
        lines(COLUMNS, ROWS[0], noted('"bought\r\nat\n\nmarket"')(ROWS[1]), *ROWS[2:]),
        dict(zip([2, 3, 7, 8, 9], good_but(line3="bought\r\nat\n\nmarket").values(), strict=True)),
    ),
    "Q04 doubled quotes and commas": accepted(
        with_row(2, noted('"so ""sold"", at """"market"""""')), good_but(line3='so "sold", at ""market""')
    ),
    "Q05 quote inside an unquoted field": bad_row(3, "unbalanced_quote", with_row(2, noted('5" disk'))),
    "Q05b space before a quote": bad_row(3, "unbalanced_quote", with_row(2, noted(' "bought"'))),
    "Q06 text after a closing quote": bad_row(
        3, "unbalanced_quote", with_row(2, noted('"bought" at market'))
    ),
    "Q07 every field quoted": accepted(
        lines(*('"' + line.replace(",", '","') + '"' for line in (COLUMNS, *ROWS)))
    ),
    "R01 too few columns in row 3": bad_row(
        4, "too_few_columns", with_row(3, lambda row: row[: row.rindex(",")])
    ),
    "R02 too many columns in row 3": bad_row(4, "too_many_columns", with_row(3, lambda row: row + ",more")),
    "R02b an unquoted comma": bad_row(4, "too_many_columns", with_row(3, noted("bought, at market"))),
    "R04 footer with totals": accepted(
        BASE + b"Total" + b"," * 19 + b"\n", {**GOOD, 7: ["Total", *[None] * 19]}
    ),
    "R05 preamble": refused("wrong_header", b"Treasury export\ncreated 2026-02-08\n" + BASE),
    "R06 a row of 2 MiB": bad_row(4, "row_too_long", with_row(3, noted("x" * (2 << 20)))),
    "D01 semicolons": refused("wrong_delimiter", BASE.replace(b",", b";")),
    "D02 tabs": refused("wrong_delimiter", BASE.replace(b",", b"\t")),
    "D03 slashes": refused("wrong_delimiter", BASE.replace(b",", b"/")),
    "D04 bars": refused("wrong_delimiter", BASE.replace(b",", b"|")),
    "F01 zero bytes": refused("empty_file", b""),
    "F01b blank lines alone": refused("empty_file", b"\xef\xbb\xbf\n \n"),
    "F02 header alone": accepted(lines(COLUMNS), {}),
    "F03 wrong header": refused("wrong_header", BASE.replace(b"note", b"memo", 1)),
    "F04 column missing": refused("missing_column", BASE.replace(b",note", b"", 1)),
    "F05 extra column": refused("unexpected_column", BASE.replace(b",note", b",note,memo", 1)),
    "F06 columns in another order": accepted(lines(swapped(COLUMNS), *map(swapped, ROWS))),
    "F07 header in upper case with spaces": accepted(
        BASE.replace(COLUMNS.encode(), COLUMNS.upper().replace(",", " , ").encode())
    ),
    "F08 column twice": refused("duplicate_column", BASE.replace(b",note", b",note,Note ", 1)),
    "F09 no header": refused("wrong_header", lines(*ROWS)),
    "F10 gzip": accepted(PACKED, name="events.csv.gz"),
    "F10b gzip in two members": accepted(
        gzip.compress(BASE[:700]) + gzip.compress(BASE[700:]), name="events.csv.gz"
    ),
    "F11 truncated gzip": refused("truncated_archive", PACKED[:-20], "events.csv.gz"),
    "F11b gzip with a flipped bit": refused(
        "corrupt_file", PACKED[:-6] + bytes([PACKED[-6] ^ 1]) + PACKED[-5:], "events.csv.gz"
    ),
    "F11c no gzip at all": refused("corrupt_file", BASE * 2, "events.csv.gz"),
    "F11d zero bytes for a gzip": refused("empty_file", b"", "events.csv.gz"),
    "F12 zip": refused("unsupported_format", zipped("events.csv"), "events.zip"),
    "F12b tar by name": refused("unsupported_format", BASE * 5, "events.tar.gz"),
    "F12c JSON": refused("unsupported_format", b"{}", "events.json"),
    "F13 zip slip": refused("unsafe_path", zipped("../../etc/cron.d/x"), "events.zip"),
    "F13b absolute zip member": refused("unsafe_path", zipped("/etc/cron.d/x"), "events.ZIP"),
    "F14 xlsx": accepted(workbook(*GRID), name="events.xlsx"),
    "F14b no workbook": refused("corrupt_file", BASE * 3, "events.xlsx"),
    "F14c xlsx cut": refused("corrupt_file", workbook(*GRID)[:-200], "events.xlsx"),
    "F14d xlsx with another header": refused("missing_column", workbook(GRID[0][:-1]), "events.xlsx"),
    "F14e empty xlsx": refused("empty_file", workbook(), "events.xlsx"),
    "F15 parquet": accepted(parquet(), dict(enumerate(GOOD.values(), start=1)), "events.parquet"),
    "F15b parquet cut": refused("corrupt_file", parquet()[:-200], "events.parquet"),
    "F17 JSON error body": refused("wrong_header", b'{"error": "rate limit, try later"}\n'),
    "F17b HTML error page": refused("wrong_header", b"<!doctype html>\n<html><body>502</body></html>\n"),
    "F31 upper-case extension": accepted(BASE + b"\n", name="EVENTS.CSV"),
    "F32 unknown name": refused("unknown_file", BASE * 4, "evnts.csv"),
    "F33 hive-style folder": accepted(BASE + b" \n", name="from_asset=ETH/events.csv"),
    "S14 10,000 columns": refused("too_many_columns", b"," * 9_999),
    "S14b header of 2 MiB": refused("wrong_header", b"x" * (2 << 20)),
    "S14c gzip bomb": refused(
        "archive_too_large",
        gzip.compress(lines(COLUMNS)) + gzip.compress(bytes(1 << 26)) * 2,
        "events.csv.gz",
    ),
}


@pytest.fixture(scope="module")
def landed(build_house, tmp_path_factory):
    """A house that has landed all faults at once, each in a folder of its own; the report; the tables."""
    house = build_house(tmp_path_factory.mktemp("faults"))
    for fault, case in FAULTS.items():
        house.deliver(f"{fault.split()[0]}/{case.name}", case.content)
    return house, house.land(), house.tables()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_judged_row_by_row(landed, fault):
    house, report, tables = landed
    case = FAULTS[fault]
    source_file = f"treasury_csv/{fault.split()[0]}/{case.name}"
    rows = {row[22]: list(row[:20]) for row in tables["treasury_csv.events"] if row[20] == source_file}
    bad = {row[4]: row[5:7] for row in tables["landing.rejected_rows"] if row[2] == source_file}
    assert rows == case.rows
    assert {line: reason for line, (reason, _) in bad.items()} == case.bad
    for line, (_, message) in bad.items():
        assert message.startswith(f"{source_file}, row {line}: ")

    [(sha256, *verdict)] = [(row[3], *row[6:]) for row in tables["landing.files"] if row[2] == source_file]
    copies = list(house.settings.landing.rglob(f"{sha256[:16]}__*"))
    why = house.settings.rejected / f"{sha256[:16]}__{case.name.rpartition('/')[2]}.why.txt"
    if case.refused:
        [refusal] = [file for file in report.refused if file.source_file == source_file]
        assert verdict == ["refused", 0, 0, 0, case.refused, refusal.message]
        assert refusal.message.startswith(f"{source_file}: ")
        assert case.refused in why.read_text()
        assert not copies
    else:
        assert verdict == ["accepted", len(rows) + len(bad), len(rows), len(bad), None, None]
        assert len(copies) == 2  # the file and its sidecar
        assert not why.exists()


def test_all_bad_files_at_once_add_up(landed):
    _, report, tables = landed
    assert len(report.landed) + len(report.refused) == len(FAULTS)
    assert not report.duplicates + report.ignored
    assert report.rows_accepted == len(tables["treasury_csv.events"])
    assert report.rows_rejected == len(tables["landing.rejected_rows"])
    assert report.rows_landed == report.rows_accepted + report.rows_rejected


@pytest.mark.parametrize("fault", [fault for fault, case in FAULTS.items() if case.refused or case.bad])
def test_the_neighbours_of_a_bad_file_land(house, fault):
    house.deliver(FAULTS[fault].name, FAULTS[fault].content)
    for folder in ("00", "mm", "zz"):
        house.deliver(f"{folder}/events.csv", BASE.replace(b"cango", folder.encode()))
    landed = {file.source_file: file.rows_accepted for file in house.land().landed}
    assert {f"treasury_csv/{folder}/events.csv": 5 for folder in ("00", "mm", "zz")}.items() <= landed.items()
