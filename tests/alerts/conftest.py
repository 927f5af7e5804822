"""A webhook and a mail server on this machine, and nights that are made by hand."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


@dataclass
class Hook:
    """Remembers what was posted and which paths were called; answers with `status`."""

    url: str
    status: int = 200
    posted: list[bytes] = field(default_factory=list)
    called: list[str] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def do_GET(self) -> None:
            hook.called.append(self.path)
            self.send_response_only(hook.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hook = Hook(f"http://127.0.0.1:{server.server_port}/services/T0/B0/hook-secret")
    yield hook
    server.shutdown()
    server.server_close()


class Box:
    """The mails that a server took; it knows one user."""

    def __init__(self) -> None:
        self.mails: list = []
        self.port = 0

    async def handle_DATA(self, _server, _session, envelope) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        known = (data.login, data.password) == (b"coffer", b"mail-secret")
        return AuthResult(success=known, handled=False)


@pytest.fixture
def mailbox() -> Iterator[Box]:
    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        box.port = free.getsockname()[1]
    server = Controller(
        box, hostname="127.0.0.1", port=box.port, authenticator=box.authenticate, auth_require_tls=False
    )
    server.start()
    yield box
    server.stop()
