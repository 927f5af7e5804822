"""One browser a session, and sites: the sample's as its night published it, and altered copies of it."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page, Request

from dagster_project.published.builds import current
from dagster_project.published.site.render import render


@pytest.fixture(scope="session")
def site(night) -> Path:
    """The site of the sample's night."""
    return current(night.settings).path / "site"


@pytest.fixture(scope="session")
def built_at(published) -> datetime:
    """When that build was published."""
    [(moment,)] = published.execute("select max(published_at) from marts_meta.builds").fetchall()
    return moment.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def altered(night, tmp_path_factory) -> Callable[[str], Path]:
    """The site of the sample's file after some SQL: `altered("delete from marts.disposals")`."""

    def make(statements: str) -> Path:
        folder = tmp_path_factory.mktemp("altered")
        shutil.copyfile(current(night.settings).database, folder / "coffer.duckdb")
        with duckdb.connect(folder / "coffer.duckdb") as connection:
            connection.execute(statements)
        render(folder / "coffer.duckdb", folder / "site")
        return folder / "site"

    return make


@pytest.fixture
def visit(page: Page, site: Path, built_at: datetime) -> Iterator[Callable[..., Page]]:
    """Open a page from disk, an hour after the build: `visit("loans", "#company=cango", site=…)`.

    Whatever the test: a message on the console, an error, or a request for anything but the site's own files
    fails it at the end.
    """
    faults: list[str] = []
    roots = {site}
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("requestfailed", lambda request: faults.extend(_failed(request)))
    page.on("request", lambda request: faults.extend(_foreign(request.url, roots)))
    page.clock.set_fixed_time(built_at.replace(microsecond=0).timestamp() + 3600)

    def open_page(name: str, state: str = "", site: Path = site) -> Page:
        roots.add(site)
        page.goto("about:blank")  # the same file with another hash would not load anew
        page.goto(f"{(site / name).as_uri()}.html{state}")
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield open_page
    assert faults == []


def _failed(request: Request) -> list[str]:
    # A page that is left ends what it was just loading, its icon for one.
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url} {request.failure}"]


def _foreign(url: str, roots: set[Path]) -> list[str]:
    is_own = url == "about:blank" or url.startswith(("blob:file:", *(root.as_uri() for root in roots)))
    return [] if is_own else [f"request: {url}"]
