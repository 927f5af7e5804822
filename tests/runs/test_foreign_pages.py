"""A real browser shows a page of another origin, which tries all that a page can to command Dagster.

The command sets a switch of the instance that anybody can read afterwards.
"""

import functools
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

PAUSE = "mutation{setAutoMaterializePaused(paused:true)}"
RESUME = "mutation{setAutoMaterializePaused(paused:false)}"
GUARDED = ["-m", "dagster_project.runs.ui"]
BARE = ["-m", "dagster_webserver"]
ENCODED = "".join(f"%{ord(letter):02X}" for letter in "query")
JSON = json.dumps({"query": PAUSE})

# A browser's ways of asking, as JavaScript over the address `to`; a promise is waited for.
WAYS = {
    "image": "new Promise(end => { const i = new Image(); i.onload = i.onerror = end; i.src = to; })",
    "script": "new Promise(end => { const s = document.createElement('script'); s.onload = s.onerror = end;"
    " s.src = to; document.body.append(s); })",
    "style sheet": "new Promise(end => { const l = document.createElement('link'); l.rel = 'stylesheet';"
    " l.onload = l.onerror = end; l.href = to; document.head.append(l); })",
    "frame": "new Promise(end => { const f = document.createElement('iframe'); f.onload = end; f.src = to;"
    " document.body.append(f); })",
    "object": "new Promise(end => { const o = document.createElement('object'); o.onload = o.onerror = end;"
    " o.data = to; document.body.append(o); setTimeout(end, 1500); })",
    "events": "new Promise(end => { const e = new EventSource(to); e.onopen = e.onerror = () =>"
    " { e.close(); end(); }; })",
    "fetch": "fetch(to, {mode: 'no-cors', credentials: 'include'}).catch(() => 0)",
    "fetch as a page": "fetch(to, {mode: 'no-cors', headers: {Accept: 'text/html'}}).catch(() => 0)",
    "fetch with HEAD": "fetch(to, {mode: 'no-cors', method: 'HEAD'}).catch(() => 0)",
    "post": "fetch(to, {mode: 'no-cors', method: 'POST'}).catch(() => 0)",
    "beacon": "Promise.resolve(navigator.sendBeacon(to, body))"
    ".then(() => new Promise(end => setTimeout(end, 700)))",
    "post of text": "fetch(to, {mode: 'no-cors', method: 'POST', body}).catch(() => 0)",
    "post with a preflight": "fetch(to, {method: 'POST', body,"
    " headers: {'Content-Type': 'application/json'}}).catch(() => 0)",
    "post of JSON as text": "fetch(to, {mode: 'no-cors', method: 'POST', body,"
    " headers: {'Content-Type': 'text/plain;application/json'}}).catch(() => 0)",
    "post of a batch": "fetch(to, {mode: 'no-cors', method: 'POST', body: `[${body}]`}).catch(() => 0)",
    "form": "form(to, 'application/x-www-form-urlencoded')",
    "multipart form": "form(to, 'multipart/form-data')",
    "plain form": "form(to, 'text/plain')",
    "web socket": "socket(to)",
}
HELPERS = """
const body = %(json)s;
const form = (to, kind) => new Promise(end => {
  const frame = document.createElement('iframe'); frame.name = 'answer'; document.body.append(frame);
  const form = document.createElement('form'); form.action = to; form.method = 'post'; form.enctype = kind;
  form.target = 'answer';
  const field = document.createElement('input'); field.name = 'query'; field.value = %(query)s;
  form.append(field); document.body.append(form);
  setTimeout(() => { frame.onload = end; form.submit(); setTimeout(end, 2500); }, 50);
});
const socket = to => new Promise(end => {
  const it = new WebSocket(to.replace('http', 'ws'), 'graphql-ws');
  it.onclose = it.onerror = end;
  it.onopen = () => {
    it.send('{"type": "connection_init", "payload": {}}');
    it.send(JSON.stringify({type: 'start', id: '1', payload: JSON.parse(body)}));
    setTimeout(end, 1500);
  };
});
"""
SPELLINGS = {
    "plain": f"/graphql?query={quote(PAUSE)}",
    "name in percent codes": f"/graphql?{ENCODED}={quote(PAUSE)}",
    "first letter in percent codes": f"/graphql?%71uery={quote(PAUSE)}",
    "plus for spaces": f"/graphql?+=1&query=+{quote(PAUSE)}",
    "twice encoded": f"/graphql?query={quote(quote(PAUSE))}",
    "second of two": f"/graphql?query=%7B__typename%7D&query={quote(PAUSE)}",
    "semicolon": f"/graphql?a=1;query={quote(PAUSE)}&query={quote(PAUSE)}",
    "upper case": f"/graphql?QUERY={quote(PAUSE)}&query={quote(PAUSE)}",
    "path in percent codes": f"/%67raphql?query={quote(PAUSE)}",
    "path with dots": f"/a/../graphql?query={quote(PAUSE)}",
    "two slashes": f"//graphql?query={quote(PAUSE)}",
}


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Start a webserver of Dagster: `serve(GUARDED)` gives its address."""
    running = []

    def start(command: list[str]) -> str:
        home = tmp_path_factory.mktemp("dagster")
        (home / "house.py").write_text("import dagster as dg\n@dg.asset\ndef one(): ...\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = ["-f", str(home / "house.py"), "-h", "127.0.0.1", "-p", str(port)]
        environment = os.environ | {"DAGSTER_HOME": str(home)}
        log = (home / "log").open("w")
        server = subprocess.Popen(
            [sys.executable, *command, *options], env=environment, stdout=log, stderr=log
        )
        running.append(server)
        for _ in range(240):
            try:
                httpx.get(f"http://127.0.0.1:{port}/server_info")
                return f"http://127.0.0.1:{port}"
            except httpx.TransportError:
                assert server.poll() is None, (home / "log").read_text()
                time.sleep(0.5)
        raise AssertionError("the webserver did not start")

    yield start
    for server in running:
        server.terminate()
    for server in running:
        server.wait(30)


@pytest.fixture(scope="module")
def ui(serve) -> str:
    return serve(GUARDED)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Iterator[str]:
    """The address of a page on another site: `localhost` is none of 127.0.0.1's."""
    folder = tmp_path_factory.mktemp("elsewhere")
    Path(folder, "index.html").write_text("<!doctype html><title>Elsewhere</title><body>")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()


def ask(address: str, query: str) -> dict:
    return httpx.post(f"{address}/graphql", json={"query": query}, timeout=60).json()["data"]


def is_paused(address: str) -> bool:
    return ask(address, "{instance{autoMaterializePaused}}")["instance"]["autoMaterializePaused"]


def attempt(page, way: str, to: str) -> None:
    helpers = HELPERS % {"json": json.dumps(JSON), "query": json.dumps(PAUSE)}
    page.evaluate(f"async to => {{ {helpers}; await ({WAYS[way]}); return 0; }}", to)


def test_without_the_guard_an_image_commands_dagster(serve, elsewhere, page):
    """So the attempts below are real ones."""
    bare = serve(BARE)
    ask(bare, RESUME)
    page.goto(elsewhere)
    attempt(page, "image", bare + SPELLINGS["first letter in percent codes"])
    assert is_paused(bare)


@pytest.mark.parametrize("neighbour", [False, True], ids=["another site", "another port"])
def test_no_page_from_elsewhere_commands_dagster_however_it_asks(ui, elsewhere, page, neighbour):
    ask(ui, RESUME)
    page.goto(elsewhere.replace("localhost", "127.0.0.1") if neighbour else elsewhere)
    for way in WAYS:
        spellings = SPELLINGS if way in ("image", "fetch", "form") else {"plain": SPELLINGS["plain"]}
        for spelling, to in spellings.items():
            attempt(page, way, ui + to)
            assert not is_paused(ui), f"{way}, {spelling}"


def test_a_link_to_a_page_of_the_ui_works_and_runs_nothing(ui, elsewhere, page):
    ask(ui, RESUME)
    for to in ("/runs", SPELLINGS["plain"]):
        page.goto(elsewhere)
        page.evaluate("to => { location.href = to; }", ui + to)
        page.wait_for_url(lambda address: address.startswith(ui))
        page.wait_for_load_state()
        is_page = "Refused" not in page.content()
        assert is_page == (to == "/runs")
    assert not is_paused(ui)


def test_the_ui_cannot_be_framed_by_another_site(ui, elsewhere, page):
    page.goto(elsewhere)
    attempt(page, "frame", f"{ui}/overview")
    frames = [frame for frame in page.frames if frame != page.main_frame]
    assert all("Dagster" not in frame.content() for frame in frames)


def test_the_ui_s_own_page_commands_dagster(ui, page):
    ask(ui, RESUME)
    page.goto(f"{ui}/runs")
    attempt(page, "post with a preflight", f"{ui}/graphql")
    assert is_paused(ui)
    ask(ui, RESUME)
    attempt(page, "web socket", f"{ui}/graphql")  # the UI's own subscriptions come this way
    assert (
        page.evaluate("to => fetch(to).then(it => it.status)", f"{ui}/graphql?query=%7B__typename%7D") == 403
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_graphql_by_get_runs_nothing_even_for_a_browser_that_says_nothing(ui, method, spelling):
    ask(ui, RESUME)
    for headers in ({}, {"Accept": "text/html"}, {"Accept": "*/*"}):
        httpx.request(method, ui + SPELLINGS[spelling], headers=headers, timeout=60)
    httpx.request("GET", f"{ui}/graphql", json={"query": PAUSE}, timeout=60)
    assert not is_paused(ui)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.com"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_post_that_names_another_site_is_refused(ui, headers):
    refused = httpx.post(f"{ui}/graphql", json={"query": PAUSE}, headers=headers, timeout=60)
    assert refused.status_code == 403
    assert refused.text.startswith("Refused: only this UI's own pages")
