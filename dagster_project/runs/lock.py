"""One writer at a time: a run, a publication or a landing holds the flock of one file.

A flock belongs to the process that holds it and dies with it, so a killed run never blocks the next one.
DuckDB's own lock does not serve: any `open()` and `close()` of a database file inside the writing process
drops it (measured with 2.0.0).
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.storage.disk import naming

PAUSE_SECONDS = 0.2
WAIT_SECONDS = 10.0  # a second run waits this long for the first one, then leaves


class AlreadyRunning(Exception):
    """Another process is writing; `str()` says which."""


@contextmanager
def writing(settings: Settings, wait_seconds: float = 0, run_id: str = "") -> Iterator[str]:
    """Be the only writer of the data folder while the context lasts; what is written meanwhile is private
    (umask 077).

    Yields the Dagster run id that a killed holder left behind, or "". Raises AlreadyRunning with the holder's
    process id once `wait_seconds` have passed.
    """
    settings.data.mkdir(
        parents=True, exist_ok=True
    )  # before the umask: readers pass through it to published/
    file = os.open(settings.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(file, time.monotonic() + wait_seconds)
        _pid, _, died = os.pread(file, 200, 0).decode().strip().partition(" ")
        _sign(settings.lock, file, f"{os.getpid()} {run_id}\n")
        umask = os.umask(0o077)
        try:
            yield died
        finally:
            os.umask(umask)
            _sign(settings.lock, file, "")
    finally:
        os.close(file)


def _acquire(file: int, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                pid = os.pread(file, 200, 0).decode().partition(" ")[0] or "unknown"
                raise AlreadyRunning(
                    f"Another run is writing (process {pid}). Try again when it has ended."
                ) from None
        time.sleep(PAUSE_SECONDS)


def _sign(path: Path, file: int, text: str) -> None:
    with naming(path):
        os.ftruncate(file, 0)
        os.pwrite(file, text.encode(), 0)
