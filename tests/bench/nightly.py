"""What a night costs, part by part, beside what DuckDB alone needs to read the same files.

    python tests/bench/nightly.py [--events 1000000] [--sample-only] [--json FILE]

Each part runs in a process of its own, so that its peak memory is its own. The machine may be busy: compare CPU
seconds, and the ratios to the floor of the same run. Needs about 2 GB of disk for a million events, in TMPDIR.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory

from measure import Cost, measure
from rich.box import MARKDOWN
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from dagster_project.settings import ROOT, Settings

HERE = Path(__file__).parent
FLOOR = "DuckDB alone reads the files"
FLOOR_RUNS = 3  # the cheapest counts: whatever else the machine does can only add to a floor
COMMANDS = {  # in the order in which they run; each needs what those before it left
    "start-up: `import dagster_project.cli`": "start_up",
    "dbt parse, nothing parsed before": "parse",
    "dbt parse, a seed has changed": "parse",
    "start-up: Dagster's definitions": "load_definitions",
    "landing": "land",
    "dbt build": "build",
    "publishing": "publish",
    "`coffer nightly`, the first": "nightly",
    "`coffer nightly`, again": "nightly",
}
SHOWN_NODES = 12


@dataclass
class Report:
    """The costs of one treasury: of its floor and parts by name, and wall seconds of the dbt nodes."""

    title: str
    costs: dict[str, Cost]
    nodes: dict[str, float]


def bench(title: str, folder: Path, progress: Progress) -> Report:
    """Measure every part on `folder`/inbox and `folder`/seeds; what they write goes beside these."""
    settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=folder / "seeds")
    report = Report(f"{title}: {_size_of(settings.inbox)}", {}, {})
    task = progress.add_task(title, total=1 + len(COMMANDS))

    progress.update(task, description=f"{title}: {FLOOR}")
    floors = [_measure("read_alone", settings)[0] for _ in range(FLOOR_RUNS)]
    report.costs[FLOOR] = min(floors)
    progress.advance(task)
    for name, command in COMMANDS.items():
        progress.update(task, description=f"{title}: {name}")
        ...
    return report
