"""Take the pictures of docs/screens anew, of the sample's published site.

    make nightly && python tests/site/screens.py

Asks for Chromium (`make .venv/browser`) and pngquant.
"""

import shutil
import subprocess
import sys
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from dagster_project.published.builds import current
from dagster_project.settings import ROOT, load_settings


class Picture(NamedTuple):
    """A picture: the page it shows, with what is chosen there, and its size in pixels."""

    name: str
    page: str
    height: int
    chosen: str = ""
    width: int = 1280
    scheme: str = "light"


SALE = "gaap:treasury_csv:cango-sale-2026-02-08:out"
PICTURES = (
    Picture("overview", "index", 1330),
    Picture("overview-dark", "index", 1000, scheme="dark"),
    Picture("overview-narrow", "index", 1300, width=380),
    Picture("disposals", "disposals", 1560, f"company=cango&disposals.row={SALE}"),
    Picture("loans", "loans", 1180),
    Picture("loan-with-terms", "loans", 1100, "company=ferry", scheme="dark"),
    Picture("sources-and-uses", "money", 1090),
    Picture("capex", "capex", 1000),
    Picture("fair-value", "fair_value", 1040),
    Picture("data-quality", "quality", 1120, "checks.row=what_is_sent_arrives"),
    Picture("dictionary", "dictionary", 800),
)


def main() -> None:
    """Write every picture."""
    build = current(load_settings()) or sys.exit("Nothing is published yet: run `make nightly`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for picture in PICTURES:
            path = ROOT / "docs" / "screens" / f"{picture.name}.png"
            size = {"width": picture.width, "height": picture.height}
            page = browser.new_page(viewport=size, color_scheme=picture.scheme, reduced_motion="reduce")
            page.goto(f"{(build.path / 'site' / f'{picture.page}.html').as_uri()}#{picture.chosen}")
            page.wait_for_selector("html[data-ready]", state="attached")
            page.wait_for_timeout(1_000)  # charts
            page.evaluate("window.scrollTo(0, 0)")  # a row that is open has been scrolled to
            page.screenshot(path=path)
            page.close()
            subprocess.run(["pngquant", "--force", "--output", path, "128", path], check=True)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
