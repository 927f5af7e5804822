"""The parent of `injected.py`: parts of a night, each with a fault."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.settings import ROOT, Settings
from tests.faults.houses import NOW

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    """What became of a part with a fault: exit code (-9: killed), calls it made, seconds, what it said."""

    code: int
    calls: int
    seconds: float
    error: str


class Injector:
    """Runs parts of a night with faults, in children of one process (`injected.py`)."""

    def __init__(self, *parts: str, **environment: str) -> None:
        # Standard error: what libraries print there when they are made to fail is not ours to judge.
        self._process = subprocess.Popen(
            [sys.executable, HERE / "injected.py", *parts],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(
        self, settings: Settings, part: str, fault: str = "", at: float = 0, now: datetime = NOW
    ) -> Outcome:
        """Do one part: land, rebuild, build, publish or switch."""
        folders = {name: str(getattr(settings, name)) for name in ("data", "inbox", "seeds")}
        job = {"part": part, "fault": fault, "at": at, "now": now.isoformat(), **folders}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process; it has no children by now."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
