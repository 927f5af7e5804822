"""Dagster's UI and daemon, for the operator alone.

It listens on loopback. Requests to another host name are refused (DNS rebinding), and so is what pages of
other sites ask (`guard.py`).

    python -m dagster_project.runs.ui …      the options of dagster-webserver
"""

import signal
import subprocess
import sys
import time

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from dagster_project.runs.guard import OwnPagesOnly

LOOPBACK = ["127.0.0.1", "localhost"]
LOOK_SECONDS = 1.0
LEAVE_SECONDS = 20.0


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
    guarded = lambda self: [*guard, *build_middleware(self)]  # noqa: E731
    setattr(DagsterWebserver, "build_middleware", guarded)  # noqa: B010 the only door to its middleware
    webserver()


if __name__ == "__main__":
    main()
