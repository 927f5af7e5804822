"""The UI answers its own pages and nobody else's (faults S-09)."""

import os
import socket
import subprocess
import sys
import time

import httpx
import pytest

MUTATION = "mutation { terminateRuns(runIds: []) { __typename } }"


@pytest.fixture(scope="module")
def ui(tmp_path_factory):
    """The real server, as `coffer dev` starts it, with a house of one asset."""
    home = tmp_path_factory.mktemp("dagster")
    (home / "house.py").write_text(
        "import dagster as dg\n@dg.asset\ndef one(): ...\ndefs = dg.Definitions(assets=[one])\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dagster_project.runs.ui", "-f", home / "house.py", "-h", "127.0.0.1"]
    server = subprocess.Popen(
        [*command, "-p", str(port)], env=os.environ | {"DAGSTER_HOME": str(home)}, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(240):
            try:
                httpx.get(f"http://127.0.0.1:{port}/server_info")
                break
            except httpx.TransportError:
                assert server.poll() is None
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def ask(ui: str, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{ui}/graphql", json={"query": MUTATION}, headers=headers, timeout=60)


def test_the_ui_s_own_pages_and_programs_are_served(ui):
    assert ask(ui, {}).json()["data"]["terminateRuns"]
    assert ask(ui, {"Origin": ui}).json()["data"]["terminateRuns"]
    assert httpx.get(ui).status_code == 200


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://127.0.0.1:1", "http://localhost"])
def test_a_page_from_elsewhere_is_refused(ui, origin):
    refused = ask(ui, {"Origin": origin})
    assert refused.status_code == 403
    assert refused.text.startswith("Refused: only this UI's own pages")


def test_an_image_that_is_a_mutation_is_refused(ui):
    assert httpx.get(f"{ui}/graphql", params={"query": MUTATION}).status_code == 403


def test_a_name_that_was_bound_to_loopback_is_refused(ui):
    assert ask(ui, {"Host": "attacker.example", "Origin": "http://attacker.example"}).status_code == 400


def test_a_web_socket_of_a_page_from_elsewhere_is_refused(ui):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "graphql-ws"}
    address = f"{ui}/graphql"
    assert httpx.get(address, headers=upgrade | {"Origin": "https://example.com"}).status_code == 403
    with httpx.stream("GET", address, headers=upgrade | {"Origin": ui}) as answer:
        assert answer.status_code == 101
