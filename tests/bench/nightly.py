"""What a night costs, part by part, beside what DuckDB alone needs to read the same files.

    python tests/bench/nightly.py [--events 1000000] [--sample-only] [--json FILE]

Each part runs in a process of its own, so that its peak memory is its own. Machines are shared: compare CPU
seconds, and the ratios to the floor of the same run. A million events need 2 GB of disk in TMPDIR meanwhile.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory
from typing import NamedTuple

from measure import Cost, measure
from report import FLOOR_RUNS, MIB, console, machine, progress, table
from rich.console import Console
from rich.filesize import decimal
from rich.progress import Progress

from dagster_project.settings import ROOT, Settings

HERE = Path(__file__).parent
COFFER = Path(sys.executable).with_name("coffer")
FLOOR = "floor: DuckDB alone reads the files"
TEXT_FLOOR = "DuckDB alone reads them as text"
LANDING, STAGING = "landing", "staging: what was landed is read strictly"
SLOWEST = 12


class Part(NamedTuple):
    """A row of the table: a part of `parts.py` (none: the whole night), and what has to be done before."""

    name: str
    part: str = ""
    before: Callable[[Settings], None] = lambda settings: None


class Report(NamedTuple):
    """The costs of one treasury by part, and of its dbt build the wall seconds by node."""

    title: str
    costs: dict[str, Cost]
    node_seconds: dict[str, float]


def touch_a_seed(settings: Settings) -> None:
    """As when a company adds an account: the manifest has to be made anew, from what dbt remembers."""
    (settings.seeds / "companies.csv").touch()


def forget_everything(settings: Settings) -> None:
    """As on a new machine."""
    shutil.rmtree(settings.data)


PARTS = [  # each needs what those before it left
    Part("start-up: `import dagster_project.cli`", "start_up"),
    Part("dbt parse, nothing parsed before", "parse"),
    Part("dbt parse, a seed was touched", "parse", touch_a_seed),
    Part("start-up: Dagster's definitions", "load_definitions"),
    Part(LANDING, "land"),
    Part("dbt build", "build"),
    Part(STAGING, "stage"),
    Part("publishing", "publish"),
    Part("`coffer nightly`, the first", before=forget_everything),
    Part("`coffer nightly`, again"),
]


def bench(name: str, folder: Path, progress: Progress) -> Report:
    """Measure the floor and every part on the folder's `inbox` and `seeds`; they write to its `data`."""
    settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=folder / "seeds")
    environment = os.environ | settings.environment()
    task = progress.add_task("", total=2 + len(PARTS))

    def run(row: str, command: list[str | Path], times: int = 1) -> tuple[Cost, str]:
        progress.update(task, description=f"{name}: {row}")
        cost, output = min(measure(command, environment) for _ in range(times))
        progress.advance(task)
        progress.console.print(f"{name}: {row}: {cost.cpu_seconds:.1f} CPU s")
        return cost, output

    costs, node_seconds = {}, {}
    costs[FLOOR], _ = run(FLOOR, _part("read_alone"), FLOOR_RUNS)
    costs[TEXT_FLOOR], _ = run(TEXT_FLOOR, _part("read_as_text"), FLOOR_RUNS)
    for row, part, before in PARTS:
        before(settings)
        costs[row], output = run(row, _part(part) if part else [COFFER, "nightly"])
        if part == "build":
            node_seconds = json.loads(output)
    return Report(f"{name}: {_size(settings.inbox)}", costs, node_seconds)


def _part(part: str) -> list[str | Path]:
    return [sys.executable, HERE / "parts.py", part]


def _size(inbox: Path) -> str:
    files = sorted(inbox.rglob("*.csv"))
    rows = sum(sum(1 for _ in file.open("rb")) - 1 for file in files)
    return f"{rows:,} rows, {decimal(sum(file.stat().st_size for file in files))}"


def prepare_sample(folder: Path) -> None:
    """A copy of the sample and the seeds: one of these is touched."""
    shutil.copytree(ROOT / "data" / "sample", folder / "inbox")
    shutil.copytree(ROOT / "seeds", folder / "seeds")


def prepare_treasury(folder: Path, events: int) -> None:
    """A generated treasury; in a process of its own, because this one must stay small (see measure.py)."""
    measure([sys.executable, HERE / "treasury.py", folder, "--events", str(events)], os.environ)


def show(output: Console, report: Report) -> None:
    """Print the costs of the parts."""
    costs = table(("part",), ("CPU s", "wall s", "peak MiB", "CPU ÷ floor"))
    floor = report.costs[FLOOR].cpu_seconds
    for row, cost in report.costs.items():
        figures = cost.cpu_seconds, cost.wall_seconds, cost.peak_bytes / MIB, cost.cpu_seconds / floor
        costs.add_row(row, *("{:,.1f} {:,.1f} {:,.0f} {:,.1f}".format(*figures).split()))
    output.print(f"\n**{report.title}**\n", costs)
    doors = sum(report.costs[row].cpu_seconds for row in (LANDING, STAGING))
    ratio = doors / report.costs[TEXT_FLOOR].cpu_seconds
    output.print(f"\nLanding and staging: {ratio:.1f} times what DuckDB needs to read the files as text.")
    slowest = sorted(report.node_seconds.items(), key=lambda node: -node[1])[:SLOWEST]
    nodes = ", ".join(f"{node} {seconds:.1f}" for node, seconds in slowest)
    output.print(f"\nSlowest in the dbt build, wall s: {nodes}.\n", soft_wrap=True)


def main() -> None:
    """Measure, show, and write down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="of the generated treasury")
    parser.add_argument("--sample-only", action="store_true", help="leave out the generated treasury")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    treasuries = {"The sample": prepare_sample}
    if not arguments.sample_only:
        treasuries["A generated treasury"] = partial(prepare_treasury, events=arguments.events)

    about, reports = machine("duckdb"), []
    with progress() as shown:
        for name, prepare in treasuries.items():
            with TemporaryDirectory(prefix="coffer-bench-") as folder:
                prepare(Path(folder))
                reports.append(bench(name, Path(folder), shown))

    output = console(about)
    for report in reports:
        show(output, report)
    if arguments.json:
        figures = [
            report._asdict() | {"costs": {row: cost._asdict() for row, cost in report.costs.items()}}
            for report in reports
        ]
        arguments.json.write_text(json.dumps(about | {"treasuries": figures}, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except CalledProcessError as error:
        sys.exit(f"{error}\n{error.output}\n{error.stderr}")
