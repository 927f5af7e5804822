"""A workbook a company, `workbooks/<company_id>.xlsx`: the marts as sheets, and laws that its cells satisfy.

Written from the database of a build that is being prepared, once its figures are known to be new. The same
figures and build give the same bytes: nothing in a workbook comes from a clock.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from duckdb import DuckDBPyConnection
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name, xl_range
from xlsxwriter.worksheet import Worksheet

from dagster_project.published import builds
from dagster_project.published.workbook.cells import Cells, width
from dagster_project.published.workbook.contents import LAWS, SHEETS, Law, Sheet, Sum
from dagster_project.published.workbook.readme import write_readme
from dagster_project.settings import Settings
from dagster_project.storage.database import attach, connect

MOST_ROWS = 200_000  # of a sheet: 34 CPU s for 26 columns, and more than a person scrolls through
LARGEST = 13  # powers of ten in dollars: with cents, a spreadsheet's 15 digits
BATCH = 10_000
EPOCH = datetime(2009, 1, 3)  # the day of a workbook without a single event


@dataclass
class Table:
    """A mart as it stands in a workbook: its columns, how many rows it has, what no formula can count."""

    columns: list[dict[str, str]]
    rows: int
    wide: set[str] = field(default_factory=set)  # columns in which a number had to become text

    def letter(self, column: str) -> str:
        """A column's letter."""
        return xl_col_to_name([it["name"] for it in self.columns].index(column))


def write(settings: Settings, build: Path, manifest: dict) -> None:
    """Write the workbook of every company in the seeds into a build's folder, from its database."""
    (build / "workbooks").mkdir()
    with connect(memory_limit=settings.memory_limit, spill=builds.spill(build)) as connection:
        attach(connection, build / "coffer.duckdb", "coffer")
        attach(connection, settings.warehouse, "warehouse")
        companies = connection.execute("select company_id from warehouse.seeds.companies order by all")
        for (company_id,) in companies.fetchall():
            path = build / "workbooks" / f"{quote(company_id, safe='')}.xlsx"
            write_one(connection, path, company_id, manifest)


def write_one(
    connection: DuckDBPyConnection, path: Path, company_id: str, manifest: dict, most_rows: int = MOST_ROWS
) -> None:
    """Write one from the attached databases `coffer` (of the build) and `warehouse` (for its seeds)."""
    with Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)}) as book:
        _Writer(connection, book, manifest, company_id, most_rows).write()


class _Writer:
    """What `write_one` needs at every step."""

    def __init__(
        self, connection: DuckDBPyConnection, book: Workbook, manifest: dict, company_id: str, most_rows: int
    ) -> None:
        self.connection, self.book, self.manifest = connection, book, manifest
        self.company_id, self.most_rows = company_id, most_rows
        self.cells = Cells(book)
        self.tables: dict[str, Table] = {}

    def write(self) -> None:
        reach = self.manifest["data_date"]
        [(company,)] = self.connection.execute(
            "select name from warehouse.seeds.companies where company_id = $1", [self.company_id]
        ).fetchall()
        self.book.set_properties(
            {"title": f"Coffer: {company}", "created": datetime.fromisoformat(reach) if reach else EPOCH}
        )
        readme, checks = (self.book.add_worksheet(sheet) for sheet in ("README", "checks"))
        for sheet in SHEETS:
            self.tables[sheet.mart] = self._table(sheet)
        self._checks(checks)
        rows = {mart: table.rows for mart, table in self.tables.items()}
        write_readme(readme, self.cells, company, self.manifest, self._policies(), rows)

    def _policies(self) -> list[tuple]:
        """What the seeds say of lots and of money, defaults filled in: rows of readme.POLICY."""
        lots = self.connection.execute(
            "select book, asset_id, method, pool_scope, effective_from, "
            "coalesce(collateral_policy, 'retain'), coalesce(fee_policy, 'disposal') "
            "from warehouse.seeds.lot_policies where company_id = $1 order by all",
            [self.company_id],
        ).fetchall()
        money = self.connection.execute(
            "select 'money', null, method, 'company', effective_from "
            "from warehouse.seeds.money_policies where company_id = $1 order by effective_from",
            [self.company_id],
        ).fetchall()
        return [*lots, *(money or [("money", None, "newest", "company")])]

    def _table(self, sheet: Sheet) -> Table:
        """One mart as a sheet; where it has too many rows, a sheet that says so and where they are."""
        columns = self.manifest["marts"][sheet.mart]["columns"]
        page, parameters = self.book.add_worksheet(sheet.mart), [self.company_id]
        [(rows,)] = self.connection.execute(f"select count(*) from ({sheet.query()})", parameters).fetchall()
        table = Table(columns, rows)
        self._header(page, table)
        if rows > self.most_rows:
            where = f"parquet/{sheet.mart}.parquet, and marts.{sheet.mart} of coffer.duckdb"
            page.write_string(1, 0, f"{rows:,} rows are too many for a sheet. They stand in {where}.")
            return table
        result, written = self.connection.execute(sheet.query(), parameters), 0
        while batch := result.fetchmany(BATCH):
            for row, values in enumerate(batch, start=written + 1):
                for column, value in enumerate(values):
                    if self.cells.write(page, row, column, value):
                        table.wide.add(columns[column]["name"])
            written += len(batch)
        return table

    def _header(self, page: Worksheet, table: Table) -> None:
        """The first row, with descriptions as comments, and what holds for all rows below it."""
        for index, column in enumerate(table.columns):
            page.set_column(index, index, width(column["name"], column["type"]))
            page.write_string(0, index, column["name"], self.cells.header)
            page.write_comment(0, index, column["description"], {"x_scale": 2})
        page.set_landscape()
        page.repeat_rows(0)
        cells = (0, 0, min(max(table.rows, 1), self.most_rows), len(table.columns) - 1)
        page.freeze_panes(1, 1)
        page.autofilter(*cells)
        page.ignore_errors({"number_stored_as_text": xl_range(*cells)})
        if any(column["name"] == "is_illustrative" for column in table.columns):
            rule = {"type": "formula", "criteria": f"=${table.letter('is_illustrative')}1=TRUE"}
            page.conditional_format(*cells, rule | {"format": self.cells.illustrative})

    def _checks(self, page: Worksheet) -> None:
        """Each law as live formulas over the sheets, beside the same sums from SQL."""
        headers = ("law", "one side", "other side", "difference", "one side, by SQL", "off SQL", "result")
        for column, header in enumerate(headers):
            page.set_column(column, column, 20 if column else 72)
            page.write_string(0, column, header, self.cells.header)
        page.freeze_panes(1, 1)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        for row, law in enumerate(LAWS, start=1):
            self._law(page, row, law)
        broken = {"type": "cell", "criteria": "==", "value": '"BROKEN"', "format": self.cells.broken}
        page.conditional_format(1, 6, len(LAWS), 6, broken)

    def _law(self, page: Worksheet, row: int, law: Law) -> None:
        line = row + 1
        left, right = (self._sum(side) for side in (law.left, law.right))
        result = "holds" if left == right else "BROKEN"
        page.write_string(row, 0, law.sentence)
        self.cells.write(page, row, 4, left)
        if not all(self._counts(it) for it in (*law.left, *law.right)):
            page.write_string(row, 6, f"{result}, by SQL alone: more rows or digits than a sheet adds")
            return
        for column, formula, value in (
            (1, "+".join(it.formula(self._range) for it in law.left), left),
            (2, "+".join(it.formula(self._range) for it in law.right), right),
            (3, f"ROUND(B{line}-C{line},2)", left - right),
            (5, f"ROUND(B{line}-E{line},2)", 0),
            (6, f'IF(AND(D{line}=0,F{line}=0),"holds","BROKEN")', result),
        ):
            form = None if column == 6 else self.cells.number(2)
            page.write_formula(row, column, f"={formula}", form, value)

    def _sum(self, side: tuple[Sum, ...]) -> Decimal:
        query = f"select {' + '.join(it.sql() for it in side)}"
        [(value,)] = self.connection.execute(query, [self.company_id]).fetchall()
        return Decimal(value)

    def _counts(self, it: Sum) -> bool:
        """Whether a formula over the cells can give the sum to the cent."""
        table = self.tables[it.mart]
        return (
            table.rows <= self.most_rows
            and it.column not in table.wide
            and self._sum((it,)).adjusted() < LARGEST
        )

    def _range(self, mart: str, column: str) -> str:
        table = self.tables[mart]
        letter = table.letter(column)
        return f"{mart}!${letter}$2:${letter}${max(table.rows, 1) + 1}"
