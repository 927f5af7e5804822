"""Parts of a night in forked children, each with one fault injected. Imports are paid once.

Reads jobs and writes results as JSON lines:

    {"part": "publish", "data": "…", "inbox": "…", "seeds": "…", "fault": "kill", "at": 12}
    {"code": -9, "calls": 12, "seconds": 0.41, "error": ""}

| fault | what happens |
|---|---|
| "" | nothing; `calls` says how many calls there were |
| kill, ENOSPC, EIO | the process dies at, or gets this error from, its `at`-th change of the file system |
| late | the process is killed after `at` seconds |
| size | no file may grow beyond `at` bytes: writes are cut short (RLIMIT_FSIZE) |
| files | no more than `at` open files (RLIMIT_NOFILE) |
| memory | no more than `at` bytes of address space beyond those it has (RLIMIT_AS) |

With the library of `calls.c` preloaded, a call is one of libc, DuckDB's included, and there is `short`: half
of the bytes are written. Without it, a call is one of Python's. The parts see the environment of the process:
TZ, LANG, COFFER_MEMORY_LIMIT and, with the library, CLOCK_SHIFT.
"""

import ctypes
import errno
import json
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dagster_project import landing
from dagster_project.published import builds, publish
from dagster_project.runs.lock import writing
from dagster_project.settings import Settings
from dagster_project.storage import disk

CHANGES = ("os.mkdir", "os.chmod", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.truncate")
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO}


def land(settings: Settings, now: datetime) -> None:
    landing.land(settings, now, settle_seconds=0)


def rebuild(settings: Settings, now: datetime) -> None:
    landing.rebuild_raw(settings)


def build(settings: Settings, now: datetime) -> None:
    from dagster_project.build.warehouse import build_warehouse

    build_warehouse(settings)


def publish_build(settings: Settings, now: datetime) -> None:
    publish.publish(settings, now)


def switch(settings: Settings, now: datetime) -> None:
    """Back to the build before, and nothing else."""
    builds.go_back(settings)


PARTS = {"land": land, "rebuild": rebuild, "build": build, "publish": publish_build, "switch": switch}


def run(job: dict) -> dict:
    """Fork, do the job's part, and say what became of it."""
    results, child_end = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.close(results)
        _in_child(job, child_end)
    os.close(child_end)
    if job["fault"] == "late":
        time.sleep(job["at"])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(results) as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told = json.loads(said) if said else {"calls": 0, "error": ""}
    return {"code": code, "seconds": round(time.monotonic() - began, 3), **told}


def _in_child(job: dict, pipe: int) -> None:
    code, error = 0, ""
    memory_limit = os.environ.get("COFFER_MEMORY_LIMIT", Settings.memory_limit)
    folders = (Path(job[name]) for name in ("data", "inbox", "seeds"))
    settings = Settings(*folders, memory_limit=memory_limit)
    calls = _inject(job["fault"], job["at"])
    try:
        with writing(settings):
            disk.remove_leftovers(settings)
            PARTS[job["part"]](settings, datetime.fromisoformat(job["now"]))
    except BaseException as failure:
        code, error = 1, f"{type(failure).__name__}: {failure}"
    os.write(pipe, json.dumps({"calls": calls(), "error": error}).encode())
    os._exit(code)


def _inject(fault: str, at: float) -> Callable[[], int]:
    if fault == "size":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(at), int(at)))
    elif fault == "files":
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(at), int(at)))
    elif fault == "memory":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + int(at)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if "LD_PRELOAD" in os.environ and fault in ("", "kill", "short", *ERRORS):
        library = ctypes.CDLL(os.environ["LD_PRELOAD"])
        library.arm(int(at) if fault else 0, {"kill": -1, "short": -2, **ERRORS}.get(fault, 0))
        return library.calls
    return _count_python(fault, at)


def _count_python(fault: str, at: float) -> Callable[[], int]:
    count = 0

    def call(what: object) -> None:
        nonlocal count
        count += 1
        if count == at and fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if count == at and fault in ERRORS:
            error = ERRORS[fault], os.strerror(ERRORS[fault])
            raise OSError(*error) if isinstance(what, int) else OSError(*error, str(what))

    def watch(event: str, arguments: tuple) -> None:
        if event in CHANGES or (event == "open" and arguments[2] and arguments[2] & os.O_CREAT):
            call(arguments[0])

    def fsync(descriptor: int) -> None:
        call(descriptor)  # and no waiting: no power fails here

    os.fsync = fsync
    sys.addaudithook(watch)
    return lambda: count


if __name__ == "__main__":
    logging.disable()
    if "build" in sys.argv:
        import dbt.adapters.duckdb.connections
        import dbt.cli.main  # noqa: F401
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
