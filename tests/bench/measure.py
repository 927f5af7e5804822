"""What a command costs: CPU seconds, wall seconds and peak resident memory, of itself and of its children."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss


class Cost(NamedTuple):
    """CPU is user and system time together; the peak is that of the largest process."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


def measure(command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[Cost, str]:
    """Run a command; its cost and its standard output. Raises CalledProcessError with what it wrote.

    Linux counts what the parent held at the start of a child as the child's, so the parent must stay small.
    """
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        began = time.monotonic()
        child = subprocess.Popen(command, env=environment, stdout=output, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = [file.seek(0) or file.read() for file in (output, errors)]
        if child.returncode:
            raise subprocess.CalledProcessError(child.returncode, command, *texts)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * MAXRSS_BYTES), texts[0]
