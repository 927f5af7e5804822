"""The first sheet: what this is, as of when, by which methods, and how to read it (`about.txt`)."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from dagster_project.published.workbook.cells import Cells

ABOUT = Path(__file__).with_name("about.txt")  # a line a paragraph; chapters begin with #
POLICY = ("book", "asset", "method", "pool", "from", "collateral", "fees in coin")
LINE = 120  # characters of a paragraph's line


class _Page:
    """A sheet that is written from the top down."""

    def __init__(self, sheet: Worksheet, cells: Cells) -> None:
        self.sheet, self.cells, self.line = sheet, cells, 0

    def say(self, *values: object) -> None:
        for column, value in enumerate(values):
            self.cells.write(self.sheet, self.line, column, value)
        self.line += 1

    def head(self, *headers: str) -> None:
        for column, header in enumerate(headers):
            self.sheet.write_string(self.line, column, header, self.cells.header)
        self.line += 1

    def chapter(self, title: str) -> None:
        self.sheet.write_string(self.line + 1, 0, title, self.cells.bold)
        self.line += 2

    def paragraph(self, text: str) -> None:
        last = len(POLICY) - 1
        self.sheet.merge_range(self.line, 0, self.line, last, text, self.cells.wrapped)
        self.sheet.set_row(self.line, 15 * (1 + len(text) // LINE))
        self.line += 1


def write_readme(
    sheet: Worksheet,
    cells: Cells,
    company: str,
    manifest: dict,
    policies: Iterable[Sequence[object]],
    rows: Mapping[str, int],
) -> None:
    """Write the sheet. `policies` are rows of POLICY, `rows` counts those of each sheet, in their order."""
    page = _Page(sheet, cells)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, len(POLICY) - 1, 17)
    sheet.write_string(0, 0, company, cells.title)
    page.line = 1
    _build(page, manifest)
    page.chapter("Methods, as the company's policies say")
    page.head(*POLICY)
    for policy in policies:
        page.say(*policy)
    for line in ABOUT.read_text(encoding="utf-8").splitlines():
        title = line.removeprefix("# ")
        page.chapter(title) if title != line else page.paragraph(line)
    page.chapter("Sheets")
    page.head("sheet", "rows", "", "what")
    for mart, count in rows.items():
        sheet.write_url(page.line, 0, f"internal:{mart}!A1", string=mart)
        page.say(None, count, None, manifest["marts"][mart]["description"])


def _build(page: _Page, manifest: dict) -> None:
    code, checks = manifest["code"], manifest["checks"]
    changed = ", changed since" if code["is_dirty"] else ""
    page.say("Figures up to", manifest["data_date"] or "no event yet")
    page.say("Build", manifest["build_id"])
    page.say("Published at", manifest["published_at"])
    page.say("Digest of the figures", manifest["digest"])
    page.say("Code", f"coffer {code['version']}, commit {code['commit'] or 'unknown'}{changed}")
    page.say("Checks", f"{checks['passed']} passed, {len(checks['warnings'])} warn (all companies)")
    for warning in checks["warnings"]:
        page.say(None, f"{warning['name']}: rows {warning['failures']:,}")
