"""Serve published builds to browsers on this machine, for reading only.

    http://127.0.0.1:8800/                    leads to the current build's site
    http://127.0.0.1:8800/<build>/site/…      files of a build; a page keeps the build that it began with

The data files are scripts, which any page on the web may ask a browser to load from here. So every answer
says that it is for this origin alone, and a request under another name than the loopback's is refused: a name
on the web may be made to point here.
"""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dagster_project.published import builds
from dagster_project.settings import Settings

HOST = "127.0.0.1"
HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def server(settings: Settings, port: int) -> ThreadingHTTPServer:
    """A server on the loopback; port 0 takes a free one. Raises OSError where the port is taken."""
    return ThreadingHTTPServer((HOST, port), partial(_Handler, settings))


class _Handler(SimpleHTTPRequestHandler):
    """GET and HEAD of files in builds; no folder is listed."""

    server_version, sys_version = "Coffer", ""

    def __init__(self, settings: Settings, *arguments: object) -> None:
        self.settings = settings
        super().__init__(*arguments, directory=str(settings.published / "builds"))

    def send_head(self) -> object:
        port = self.server.server_address[1]
        if self.headers.get("Host") not in (f"{HOST}:{port}", f"localhost:{port}"):
            return self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"Ask for http://{HOST}:{port}/")
        if self.path == "/":
            return self._to_current()
        asked = Path(self.translate_path(self.path)).relative_to(self.directory)
        if asked.parts[:1] and asked.parts[0].endswith(".tmp"):  # a build that is not finished is none
            return self.send_error(HTTPStatus.NOT_FOUND)
        return super().send_head()

    def list_directory(self, path: object) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        for header, value in HEADERS.items():
            self.send_header(header, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _to_current(self) -> None:
        build = builds.current(self.settings)
        if build is None:
            return self.send_error(HTTPStatus.NOT_FOUND, "Nothing is published yet")
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", f"/{build.path.name}/site/index.html")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None
