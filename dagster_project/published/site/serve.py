"""Serve published builds to browsers on this machine, for reading only.

    http://127.0.0.1:8800/                    leads to the current build's site
    http://127.0.0.1:8800/<build>/site/…      files of a build; a page keeps the build that it began with

The data files are scripts, which any page on the web may ask a browser to load from here. So every answer
says that it is for this origin alone, and a request under another name than the loopback's is refused: a name
on the web may be made to point here.

Starlette and uvicorn come with Dagster's own webserver. A connection costs a socket and no thread, one that
does not send its request within `HEAD_SECONDS` is closed, and no more than `CONNECTIONS` are served at once.
"""

import socket
from contextlib import closing
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from dagster_project.published import builds
from dagster_project.settings import Settings

HOST = "127.0.0.1"
CONNECTIONS = 200
HEAD_SECONDS = 10
HEADERS = {
    "cache-control": "no-cache",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def listen(port: int) -> socket.socket:
    """A socket on the loopback; port 0 takes a free one. Raises OSError where the port is taken."""
    return socket.create_server((HOST, port), backlog=CONNECTIONS)


def serve(settings: Settings, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; closes the socket."""
    with closing(listening):
        server(settings).run(sockets=[listening])


def server(settings: Settings) -> uvicorn.Server:
    """The server, not yet started; `should_exit` ends it."""
    return uvicorn.Server(
        uvicorn.Config(
            application(settings),
            http=_ImpatientProtocol,
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=HEAD_SECONDS,
            timeout_graceful_shutdown=1,
        )
    )


def application(settings: Settings) -> ASGIApp:
    """What is served, and under which names."""

    async def to_current(_: Request) -> Response:
        build = builds.current(settings)
        if build is None:
            raise HTTPException(404, "Nothing is published yet.")
        return RedirectResponse(f"/{build.path.name}/site/index.html", status_code=302)

    files = _Builds(directory=settings.published / "builds", check_dir=False, follow_symlink=False)
    routes = [Route("/", to_current), Mount("/", files)]
    names = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return Starlette(routes=routes, middleware=[Middleware(_WithHeaders), names])


class _Builds(StaticFiles):
    """GET and HEAD of files in finished builds; no folder is listed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        build, _, _ = path.partition("/")
        if "\0" in path or build.endswith(".tmp"):  # an unfinished build is none
            raise HTTPException(404)
        return await super().get_response(path, scope)


class _WithHeaders:
    """Every answer, errors too, says that it is for this origin alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                lines = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *lines]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class _ImpatientProtocol(H11Protocol):
    """Closes a connection that is late with its first request; uvicorn waits only between requests."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, self._close_silent)

    def _close_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()
