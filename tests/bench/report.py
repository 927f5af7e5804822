"""What a benchmark tells while it runs, and at its end: tables that Markdown understands, and the machine."""

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version

from rich.box import MARKDOWN
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

MIB = 1 << 20
WIDTH = 120  # where no terminal says how wide it is
FLOOR_RUNS = 3  # the cheapest counts: what else the machine does can only add to a floor


def machine(*packages: str) -> dict[str, object]:
    """Where the figures were taken, by which versions, and how busy it was."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        "load": round(os.getloadavg()[0], 1),
        "at": f"{datetime.now(UTC):%Y-%m-%d}",
        "command": " ".join(["python", *sys.argv]),
    }


def progress() -> Progress:
    """A line on standard error that says what runs."""
    columns = TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def console(about: dict[str, object]) -> Console:
    """Standard output, with a first line about the machine."""
    output = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    output.print(" · ".join(f"{key} {value}" for key, value in about.items()), soft_wrap=True)
    return output


def table(words: tuple[str, ...], figures: tuple[str, ...]) -> Table:
    """A table whose first columns are words, and all others figures."""
    made = Table(*words, box=MARKDOWN)
    for column in figures:
        made.add_column(column, justify="right")
    return made
