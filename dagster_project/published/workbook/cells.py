"""How a value becomes a cell: exact, or marked; never a formula.

A spreadsheet's number has 15 digits. What has more is written as text, with all of them and on the right: it
can be read and copied, and no sum counts it. Text is always a string cell; one that begins as a formula does
also bears the mark by which a spreadsheet leaves it text when somebody edits it.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

DIGITS = 15
LONGEST = 16_000  # characters of a text: each takes up to two of the 32,767 units that a cell holds
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
FIRST_YEAR = 1900  # before which a spreadsheet has no dates
TEXT_WIDTH, LONG_TEXT_WIDTH = 22, 60
LONG_TEXTS = ("note", "message", "raw_row", "changes", "source_url", "detail")


class Cells:
    """Writes values into the sheets of one workbook, each in the format of its type."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._formats: dict[str, Format] = {}

    @cached_property
    def bold(self) -> Format:
        return self._book.add_format({"bold": True})

    @cached_property
    def title(self) -> Format:
        return self._book.add_format({"bold": True, "font_size": 16})

    @cached_property
    def header(self) -> Format:
        return self._book.add_format({"bold": True, "bg_color": "#E7ECEF", "bottom": 1, "align": "left"})

    @cached_property
    def wrapped(self) -> Format:
        return self._book.add_format({"text_wrap": True, "valign": "top"})

    @cached_property
    def illustrative(self) -> Format:
        """Rows that rest on an example or an inference."""
        return self._book.add_format({"italic": True, "font_color": "#6B7280"})

    @cached_property
    def broken(self) -> Format:
        return self._book.add_format({"bold": True, "font_color": "#B00020"})

    @cached_property
    def _guarded(self) -> Format:
        return self._book.add_format({"quote_prefix": True})

    @cached_property
    def _wide(self) -> Format:
        return self._book.add_format({"align": "right"})

    def number(self, scale: int) -> Format:
        """Thousands apart, two decimals and more where there are more; whole numbers bare."""
        return self._format("0" if scale == 0 else "#,##0.00" + "#" * (scale - 2))

    def write(self, sheet: Worksheet, row: int, column: int, value: object) -> bool:
        """Write a value; nothing where it is null. True where a number had to become text."""
        match value:
            case None:
                pass
            case bool():
                sheet.write_boolean(row, column, value)
            case int() | Decimal():
                return self._write_number(sheet, row, column, value)
            case date() if value.year >= FIRST_YEAR:
                has_time = isinstance(value, datetime)
                form = self._format("yyyy-mm-dd hh:mm:ss" if has_time else "yyyy-mm-dd")
                sheet.write_datetime(row, column, value, form)
            case _:
                written = printed(str(value))
                guard = self._guarded if written.startswith(FORMULA) else None
                sheet.write_string(row, column, written, guard)
        return False

    def _write_number(self, sheet: Worksheet, row: int, column: int, value: int | Decimal) -> bool:
        plain = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        if len(plain.replace(".", "").strip("-0")) > DIGITS:
            sheet.write_string(row, column, plain, self._wide)
            return True
        scale = max(0, -int(value.as_tuple().exponent)) if isinstance(value, Decimal) else 0
        sheet.write_number(row, column, Decimal(plain), self.number(scale))  # a decimal to the last: no float
        return False

    def _format(self, form: str) -> Format:
        if form not in self._formats:
            align = {"align": "left"} if form.startswith("yyyy") else {}
            self._formats[form] = self._book.add_format({"num_format": form} | align)
        return self._formats[form]


def printed(value: str) -> str:
    """A text as a cell can hold it; what is cut says so."""
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}… (cut: {len(value):,} characters; the DuckDB file has all)"


def width(name: str, kind: str) -> int:
    """Characters that a column needs for its header, with the filter's button, and for its values."""
    if kind == "VARCHAR":
        needed = LONG_TEXT_WIDTH if name.endswith(LONG_TEXTS) else TEXT_WIDTH
    else:
        needed = {"TIMESTAMP": 19, "BOOLEAN": 8, "DATE": 11}.get(kind, 18)
    return max(needed, len(name) + 4)
