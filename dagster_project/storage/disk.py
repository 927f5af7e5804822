"""The disk: what must be on it, what dead runs left on it, and whether a run has room."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.settings import Settings

LEFT_BY_DEAD_RUNS = (
    "raw.duckdb.tmp",  # DuckDB's spill files
    "warehouse.duckdb.tmp",
    "raw.rebuilt.duckdb*",
    "verify-*.tmp",
    "runs/*.tmp",
    "published/current.tmp",
    "published/builds/*.tmp",
)
BUILDS = 2  # a run keeps the published build, and rewrites warehouse and build
FIRST_RUN_BYTES = 100_000_000  # the sample leaves 60 MB


class NoRoom(OSError):
    """The disk has less space than a run needs; `str()` says how much of both."""


def sync(path: Path) -> None:
    """Wait until a file or a folder is on disk."""
    with naming(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an error of the system that knows only a descriptor name the file."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def remove_leftovers(settings: Settings) -> None:
    """Delete what killed runs were just writing. The caller holds the writer's lock."""
    for pattern in LEFT_BY_DEAD_RUNS:
        for leftover in settings.data.glob(pattern):
            is_folder = leftover.is_dir() and not leftover.is_symlink()
            shutil.rmtree(leftover) if is_folder else leftover.unlink()


def require_room(settings: Settings) -> None:
    """Raise NoRoom where the disk has no space for `BUILDS` times the last build, warehouse included.

    The old warehouse counts as free: a run deletes it before it builds.
    """
    warehouse = _bytes_of(settings.warehouse)
    published = sum(map(_bytes_of, (settings.published / "current").rglob("*")))
    needed = max(BUILDS * (warehouse + published), FIRST_RUN_BYTES)
    free = shutil.disk_usage(settings.data).free + warehouse
    if free < needed:
        raise NoRoom(
            f"The disk of {settings.data} has room for {_megabytes(free)}, and a run needs about "
            f"{_megabytes(needed)} ({BUILDS} times the last build, or what the sample takes). Make room."
        )


def _bytes_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"
