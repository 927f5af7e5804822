"""Dagster's UI and daemon, for the operator alone.

Dagster knows no users: whoever reaches its UI may begin a night. It listens on loopback, but a page from
anywhere that is open in the operator's browser reaches that, too. So what such a page could send is refused:
requests to another host name (DNS rebinding), with a foreign `Origin`, and queries by GET, which have none.

    python -m dagster_project.runs.ui …      the options of dagster-webserver
"""

import signal
import subprocess
import sys
import time

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ["127.0.0.1", "localhost"]
LOOK_SECONDS = 1.0
LEAVE_SECONDS = 20.0


class OwnPagesOnly:
    """Passes on what the UI's own pages ask; answers 403 to everyone else's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one web socket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_own = headers.get("origin") in (None, f"http://{headers['host']}")
        is_query_by_get = scope.get("method") == "GET" and b"query=" in scope["query_string"]
        if is_own and not is_query_by_get:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
        else:
            reason = "Only this UI's own pages may ask: no foreign Origin, and queries by POST.\n"
            await PlainTextResponse(reason, status_code=403)(scope, receive, send)


def serve(port: int, environment: dict[str, str]) -> int:
    """Run the UI and the daemon until Ctrl-C (0), or until one of them ends (its exit code)."""
    code = ["-m", "dagster_project.definitions"]
    commands = [
        ["-m", "dagster_project.runs.ui", *code, "-h", LOOPBACK[0], "-p", str(port)],
        ["-m", "dagster._daemon", "run", *code],
    ]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = [subprocess.Popen([sys.executable, *command], env=environment) for command in commands]
    try:
        while not (ended := [process.returncode for process in running if process.poll() is not None]):
            time.sleep(LOOK_SECONDS)
        return ended[0]
    except KeyboardInterrupt:
        return 0
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(LEAVE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    """Run dagster-webserver with the guard in front of every request."""
    from dagster_webserver.cli import main as webserver
    from dagster_webserver.webserver import DagsterWebserver

    guard = [Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK), Middleware(OwnPagesOnly)]
    build_middleware = DagsterWebserver.build_middleware
    DagsterWebserver.build_middleware = lambda self: [*guard, *build_middleware(self)]
    webserver()


if __name__ == "__main__":
    main()
