"""What loans and the tracing of money cost, beside what DuckDB alone needs to sort and write what they say.

    python tests/bench/money.py [--loans 1000] [--movements 100000,1000000] [--json FILE]

For each house everything that the models need is built first, and the models once. Then dbt runs them again
in a process of its own, and all its CPU seconds count, start-up too. Machines are shared: compare CPU
seconds, and ratios of one run. All of it takes ten minutes, and 3 GB of disk in TMPDIR meanwhile.
"""

import argparse
import json
import os
import sys
from itertools import pairwise
from math import log
from pathlib import Path
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory
from typing import NamedTuple

from measure import Cost, measure
from report import FLOOR_RUNS, MIB, console, machine, progress, table
from rich.console import Console
from rich.progress import Progress

from dagster_project.settings import ROOT, Settings

HERE = Path(__file__).parent
DBT = Path(sys.executable).with_name("dbt")
START_UP = "start-up: dbt with one tiny model"
FLOOR = "floor: DuckDB alone sorts and writes {}"


class Subject(NamedTuple):
    """All models from the first to the last ones, and the tables whose rows the floor sorts and writes."""

    name: str
    first: str
    last: tuple[str, ...]
    tables: tuple[str, ...]  # schema.name:key

    def models(self) -> list[str]:
        """As dbt selects them."""
        return [f"{self.first}+,+{last}" for last in self.last]


class Run(NamedTuple):
    """A subject in one house: the costs of its rows, and how many rows its tables have."""

    subject: str
    size: int
    costs: dict[str, Cost]
    rows: dict[str, int]


LOANS = Subject(
    "loans",
    "int_loan_legs",
    ("loans", "loan_events", "loan_repayments", "loan_stress"),
    ("marts.loans_daily:loan_id, date", "marts.loan_events:all", "marts.loan_repayments:repayment_id"),
)
TRACING = Subject(
    "tracing",
    "int_money_movements",
    ("lineage_of_funds", "sources_and_uses"),
    (
        "intermediate.int_movements:sequence",
        "marts.proceeds_uses:company_id, inflow_id, use_id, basis",
        "marts.lineage_of_funds:company_id, book, use_id, inflow_id, basis, match_no",
    ),
)
EVENTS_A_MOVEMENT = 1.12  # of the deck `money` of treasury.py


def bench(subject: Subject, size: int, folder: Path, shown: Progress) -> Run:
    """Measure a subject in the folder's house, whose `inbox` and `seeds` are there."""
    settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=folder / "seeds")
    environment = os.environ | settings.environment()
    task = shown.add_task("", total=5)

    def run(name: str, command: list[str | Path], times: int = 1) -> tuple[Cost, str]:
        shown.update(task, description=f"{subject.name}, {size:,}: {name}")
        cost, output = min(measure(command, environment) for _ in range(times))
        shown.console.print(f"{subject.name}, {size:,}: {name}: {cost.cpu_seconds:.1f} CPU s")
        shown.advance(task)
        return cost, output

    def dbt(*options: str) -> list[str | Path]:
        return [DBT, "--quiet", *options, "--project-dir", ROOT / "dbt"]

    measure(part("land"), environment)
    measure(dbt("seed"), environment)
    needed = [f"+{last}" for last in subject.last]
    run("what it needs", dbt("run", "--select", *needed, "--exclude", *subject.models()))
    costs = {START_UP: run(START_UP, dbt("run", "--select", "int_data_date"))[0]}
    for name in ("once before", subject.name):  # the first run compiles the lot engine: once a version
        built, _ = run(name, dbt("run", "--select", *subject.models()))
    names = [named.partition(":")[0] for named in subject.tables]
    rows = map(int, measure(part("count_rows", *names), environment)[1].split())
    floor = FLOOR.format("their rows")
    costs[floor], _ = run(floor, part("sort_alone", *subject.tables), FLOOR_RUNS)
    costs[subject.name] = built
    return Run(subject.name, size, costs, dict(zip(names, rows, strict=True)))


def part(name: str, *arguments: str) -> list[str | Path]:
    """A part of parts.py as a command."""
    return [sys.executable, HERE / "parts.py", name, *arguments]


def generate(script: str, folder: Path, *options: object) -> None:
    """Write a house; in a process of its own, because this one must stay small (see measure.py)."""
    measure([sys.executable, HERE / script, folder, *map(str, options)], os.environ)


def ratio(run: Run) -> float:
    """How many times its floor a subject costs, dbt's start-up aside."""
    start_up, floor, built = (cost.cpu_seconds for cost in run.costs.values())
    return (built - start_up) / floor


def growth(small: Run, large: Run) -> tuple[float, float]:
    """How CPU seconds grow from one run to the next, start-up aside, and how n log n does."""
    start, end = (
        run.costs[run.subject].cpu_seconds - run.costs[START_UP].cpu_seconds for run in (small, large)
    )
    few, many = (next(iter(run.rows.values())) for run in (small, large))
    return end / start, many * log(many) / (few * log(few))


def show(output: Console, runs: list[Run]) -> None:
    """Print the costs, and how tracing grows."""
    for run in runs:
        rows = ", ".join(f"{name.partition('.')[2]} {count:,}" for name, count in run.rows.items())
        made = table((f"{run.subject}, {run.size:,}",), ("CPU s", "wall s", "peak MiB"))
        for name, cost in run.costs.items():
            figures = cost.cpu_seconds, cost.wall_seconds, cost.peak_bytes / MIB
            made.add_row(name, *("{:,.1f} {:,.1f} {:,.0f}".format(*figures).split()))
        output.print(f"\n**Rows: {rows}**\n", made)
        output.print(f"\nCPU less start-up ÷ floor: {ratio(run):.1f}", soft_wrap=True)
    traced = [run for run in runs if run.subject == TRACING.name]
    made = table(("tracing from", "to"), ("CPU grows", "n log n grows"))
    for small, large in pairwise(traced):
        figures = (f"{times:.1f}" for times in growth(small, large))
        made.add_row(f"{small.size:,}", f"{large.size:,}", *figures)
    output.print("\n", made)


def main() -> None:
    """Measure, show, and write down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loans", type=int, default=1_000)
    parser.add_argument("--movements", default="100000,1000000", help="of money, in growing order")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()

    houses = [(LOANS, arguments.loans, ("loan_book.py", "--loans", arguments.loans))]
    for movements in map(int, arguments.movements.split(",")):
        events = int(movements * EVENTS_A_MOVEMENT) // 10 * 10
        houses.append((TRACING, movements, ("treasury.py", "--deck", "money", "--events", events)))
    about, runs = machine("duckdb", "dbt-core"), []
    with progress() as shown:
        for subject, size, (script, *options) in houses:
            with TemporaryDirectory(prefix="coffer-bench-") as folder:
                generate(script, Path(folder), *options)
                runs.append(bench(subject, size, Path(folder), shown))
    show(console(about), runs)
    if arguments.json:
        figures = [
            run._asdict() | {"costs": {name: cost._asdict() for name, cost in run.costs.items()}}
            for run in runs
        ]
        arguments.json.write_text(json.dumps(about | {"runs": figures}, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except CalledProcessError as error:
        sys.exit(f"{error}\n{error.output}\n{error.stderr}")
