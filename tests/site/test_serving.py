"""The site is part of a build, made of it alone, and served to this machine alone."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.published import builds
from dagster_project.published.builds import current
from dagster_project.published.publish import publish
from dagster_project.published.site import serve
from dagster_project.published.site.pages import PAGES
from dagster_project.published.site.render import HERE, marts_asked, render
from dagster_project.settings import ROOT


def test_the_site_belongs_to_the_build_and_its_hashes(night, tmp_path):
    build = current(night.settings).path
    sums = (build / builds.SUMS).read_text()
    for page in PAGES:
        assert f"  site/{page.file}\n" in sums
    copy = tmp_path / "build"
    shutil.copytree(build, copy)
    assert builds.verify(copy) == []
    (copy / "site" / "index.html").chmod(0o644)
    (copy / "site" / "index.html").write_text("a loss? what loss?")
    assert builds.verify(copy) == ["site/index.html has changed since it was published."]


def test_the_night_says_where_its_site_is(night):
    """The first thing that a newcomer can open."""
    told = re.search(r"in a browser: (\S+)", night.said)[1]
    assert Path(told).resolve() == current(night.settings).site


def test_the_same_file_gives_the_same_bytes(night, tmp_path):
    build = current(night.settings)
    copy = tmp_path / "build"
    shutil.copytree(build.path, copy, ignore=shutil.ignore_patterns("site"))
    render(copy / "coffer.duckdb", copy / "site")
    first, again = (
        {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
        for site in (build.path / "site", copy / "site")
    )
    assert again == first


def test_the_site_asks_only_marts_that_there_are():
    assert marts_asked() <= {path.stem for path in (ROOT / "dbt" / "models" / "marts").rglob("*.sql")}
    assert {"disposals", "loans", "proceeds_uses", "reconciliation"} <= marts_asked()


def test_a_house_that_has_taken_marts_away_publishes_without_a_site(built, caplog):
    build = publish(built(sales=1), datetime(2026, 11, 23, 2, 30, tzinfo=UTC))
    assert build.is_new
    assert not (build.path / "site").exists()
    assert "No site is made: it asks for capex_allocations, " in caplog.text


def test_every_section_opens_with_its_grain():
    for file in HERE.glob("sql/*/*.sql"):
        assert re.match(r"-- One row( per|:) .*[.]\n", file.read_text()), file


def test_the_library_is_the_one_that_was_vendored():
    vendor = HERE / "static" / "vendor"
    assert f"{builds.sha256(vendor / 'echarts.min.js')}  echarts.min.js" in (vendor / "README.md").read_text()


def test_workbooks_and_documentation_beside_the_site_are_linked(night, tmp_path):
    shutil.copyfile(current(night.settings).database, tmp_path / "coffer.duckdb")
    (tmp_path / "workbooks").mkdir()
    (tmp_path / "workbooks" / "a&b.xlsx").touch()
    (tmp_path / "dbt_docs.html").touch()
    render(tmp_path / "coffer.duckdb", tmp_path / "site")
    html = (tmp_path / "site" / "index.html").read_text()
    assert '<a href="../workbooks/a%26b.xlsx">Workbook of a&amp;b</a>' in html
    assert '<a href="../dbt_docs.html">' in html


@pytest.fixture(scope="module")
def address(night):
    server = serve.server(night.settings)
    with serve.listen(0) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield listening.getsockname()
        server.should_exit = True
        thread.join(10)


def ask(address, path, host=None, method="GET"):
    with closing(http.client.HTTPConnection(*address)) as connection:
        connection.request(method, path, headers={"Host": host or "{}:{}".format(*address)})
        response = connection.getresponse()
        response.read()
        return response


def test_the_root_leads_to_the_current_build(address, night):
    answer = ask(address, "/")
    assert answer.status == 302
    build = current(night.settings).path.name
    assert answer.headers["Location"] == f"/{build}/site/index.html"
    assert ask(address, answer.headers["Location"]).status == 200
    assert ask(address, f"/{build}/coffer.duckdb", method="HEAD").status == 200


def test_only_files_of_finished_builds_are_given_and_nothing_is_taken(address, night):
    build = current(night.settings).path.name
    half = night.settings.published / "builds" / "half.tmp"
    half.mkdir()
    (half / "secret").write_text("not audited")
    forbidden = (
        *("/half.tmp/secret", "/./half.tmp/secret", "/%68alf.tmp/secret"),
        *(f"/{build}/", f"/{build}/site/static/", "/../../raw.duckdb", "/..%2f..%2fraw.duckdb"),
    )
    for path in forbidden:
        assert ask(address, path).status == 404, path
    shutil.rmtree(half)
    for method in ("POST", "PUT", "DELETE"):
        assert ask(address, "/", method=method).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/a%00b",
        "/x/%00/site",
        "/%0d%0aX:%20y",
        "/%ff%fe",
        "/" + "a/" * 4000,
        "/" + "a" * 60_000,
        "//",
        "/%2e%2e",
    ],
    ids=range(9),
)
def test_a_path_that_makes_no_sense_is_not_found_and_harms_nobody(address, path, capfd):
    assert ask(address, path).status in (400, 404)
    assert ask(address, "/").status == 302
    assert "Traceback" not in capfd.readouterr().err


def test_half_requests_take_no_thread_and_are_closed_in_time(address, monkeypatch):
    monkeypatch.setattr(serve, "HEAD_SECONDS", 0.5)
    before = threading.active_count()
    halves = [socket.create_connection(address) for _ in range(serve.CONNECTIONS - 50)]
    for half in halves:
        half.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    assert ask(address, "/").status == 302
    assert threading.active_count() - before < 5
    for half in halves:
        half.settimeout(20)
        assert half.recv(1000) == b""
        half.close()


def test_pages_of_other_origins_cannot_read_the_site(address, night):
    """Neither as a script in their page, nor under a name of theirs that points to this machine."""
    build = current(night.settings).path.name
    answer = ask(address, f"/{build}/site/data/loans.js")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert ask(address, "/", host="evil.example").status == 400
    assert ask(address, "/", host=f"localhost:{address[1]}").status == 302
    assert address[0] == "127.0.0.1"


def test_served_pages_work_like_opened_ones(address, page):
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto("http://{}:{}/".format(*address))
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.locator("h1").inner_text() == "Cango Inc. sold 4,451 BTC for $305.0M at a loss of $141.5M"
    assert faults == []


def obey_ctrl_c() -> None:
    """Take back that the shell has those it starts in the background ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_command_says_where_and_ends_with_ctrl_c(night):
    command = [Path(sys.executable).with_name("coffer"), "site", "--port", "0"]
    environment = os.environ | night.settings.environment() | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=obey_ctrl_c,  # noqa: PLW1509 a test has no threads that hold locks here
    ) as serving:
        try:
            said = serving.stdout.readline()
            port = int(re.search(r"http://127\.0\.0\.1:(\d+) \(Ctrl-C ends it\)", said)[1])
            assert ask(("127.0.0.1", port), "/").status == 302
            serving.send_signal(signal.SIGINT)
            _, errors = serving.communicate(timeout=10)
        finally:
            serving.kill()
    assert (serving.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_an_answer_and_no_traceback(night, coffer):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        ran = coffer(night.settings, "site", "--port", f"{taken.getsockname()[1]}")
    assert ran.returncode == 1
    assert "cannot be used" in ran.stderr
    assert "Traceback" not in ran.stderr
