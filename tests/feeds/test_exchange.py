"""A server that drips, floods or is silent is listened to for so many seconds, and no longer."""

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing

import httpx
import pytest

from dagster_project.feeds.exchange import TooLarge, exchange

HEAD = b"HTTP/1.1 200 OK\r\n"
SECONDS = 1.0


@pytest.fixture
def raw_server():
    """A server that does to a connection what it is told: `raw_server(lambda connection: …)` gives a URL."""
    ended = threading.Event()
    listening = []

    def start(answer: Callable[[socket.socket], None]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with closing(connection):
                    try:
                        answer(connection)
                        ended.wait(5)
                    except OSError:
                        pass  # the client has hung up

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/secret"

    yield start
    ended.set()
    for server in listening:
        server.close()


def drip(connection: socket.socket, text: bytes) -> None:
    for byte in text * 1000:
        connection.send(bytes([byte]))
        time.sleep(0.1)


SLOW = {
    "silence": lambda it: None,
    "status a byte at a time": lambda it: drip(it, HEAD),
    "headers a byte at a time": lambda it: (it.send(HEAD), drip(it, b"X: y\r\n")),
    "early hints without end": lambda it: drip(it, b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body a byte at a time": lambda it: (it.send(HEAD + b"Content-Length: 9999\r\n\r\n"), drip(it, b"1")),
    "chunks of one byte": lambda it: (
        it.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        drip(it, b"1\r\n1\r\n"),
    ),
    "body that stops": lambda it: it.send(HEAD + b"Content-Length: 9999\r\n\r\n123"),
}


@pytest.mark.parametrize("way", SLOW)
def test_the_deadline_holds_for_the_whole_exchange(raw_server, way):
    url, began = raw_server(SLOW[way]), time.monotonic()
    with pytest.raises(TimeoutError):
        exchange("GET", url, SECONDS, most_bytes=1 << 20)
    assert time.monotonic() - began < 4 * SECONDS


def test_where_only_the_status_matters_no_body_is_waited_for(raw_server):
    url = raw_server(SLOW["body a byte at a time"])
    assert exchange("POST", url, SECONDS, json={"text": "x"}).status == 200


def test_what_is_compressed_does_not_grow(raw_server):
    packed = gzip.compress(bytes(300 << 20))
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    url = raw_server(lambda it: it.sendall(head + packed))
    tracemalloc.start()
    answer = exchange("GET", url, 20, most_bytes=8 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.body == packed
    assert peak < 10 * len(packed)


def test_an_answer_without_end_is_too_large(raw_server):
    def flood(connection: socket.socket) -> None:
        connection.send(HEAD + b"\r\n")
        while True:
            connection.send(bytes(1 << 16))

    with pytest.raises(TooLarge):
        exchange("GET", raw_server(flood), 20, most_bytes=1 << 20)


def test_who_is_not_there_and_who_breaks_off_are_errors(raw_server):
    with pytest.raises(httpx.HTTPError):
        exchange("GET", "http://127.0.0.1:1/", SECONDS)
    with pytest.raises(httpx.HTTPError):
        exchange("GET", raw_server(lambda it: it.close()), SECONDS)
