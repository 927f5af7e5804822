"""The tables of the lots benchmark."""

from itertools import pairwise
from math import log
from typing import NamedTuple

from measure import Cost
from report import FLOOR_RUNS, MIB, table
from rich.console import Console
from rich.table import Table

FETCHED, WRITTEN = "DuckDB, rows fetched", "DuckDB, rows written"
OURS, DEQUE, START_UP = "coffer", "deque loop", "start-up"
PEER_SHAPE = "one pool"  # rp2 knows no other
STOP_AT = 120  # CPU seconds
GB = 10**9
MOSTLY_WORK = 1_000_000  # events
STEPS = ("import", "read, sort and match", "write")

# The aims of the issue.
MOST_FLOORS = {"fifo": 3, "hifo": 5}
TIMES_RP2 = 300
RP2_EVENTS = 10_000
MOST_MEMORY = 4 * GB


class Run(NamedTuple):
    """A program on a ledger. No cost: it was stopped."""

    shape: str
    events: int
    program: str
    method: str
    cost: Cost | None
    figures: dict[str, float] | None = None  # what it told itself: CPU seconds, and what was found

    def line(self) -> str:
        """Say what it was, and what it cost."""
        cost = f"{self.cost.cpu_seconds:.2f} CPU s" if self.cost else "stopped"
        return ", ".join(filter(None, (self.shape, f"{self.events:,}", self.program, self.method, cost)))


NOTES = f"""
- The floor is the cheaper of two ways for DuckDB alone to read and sort a ledger's rows: it hands them over
  in batches, which are dropped ({FETCHED}), or writes them to another file ({WRITTEN}); each of them
  is the cheapest of {FLOOR_RUNS} runs.
- CPU s are those of the whole process, with all its imports. Engine CPU s are those of what corresponds to
  `match`; ours is compiled, and warm.
- What took {STOP_AT} CPU s was stopped, and not tried on larger ledgers.
- Cents apart: what all units cost that left, theirs less ours; we round what is left of a lot to the cent.
"""


def show(output: Console, runs: list[Run]) -> None:
    """Print all tables."""
    titles = {
        "Aims": aims,
        "All of it: read, sort, match, write": costs,
        "CPU seconds by step": steps,
        "Other programs, one pool": peers,
        "Growth": growth,
        "Before the first row": start_up,
    }
    for title, made in titles.items():
        output.print(f"\n**{title}**\n", made(runs))
    output.print(NOTES, soft_wrap=True)


def floors(runs: list[Run]) -> dict[tuple[str, int], Run]:
    """The floor of each ledger: the cheaper one."""
    of = [run for run in runs if run.program in (FETCHED, WRITTEN)]
    return {run[:2]: run for run in sorted(of, key=lambda run: run.cost, reverse=True)}


def ratio(run: Run, floor: Run) -> float:
    """How many times the floor it costs."""
    return run.cost.cpu_seconds / floor.cost.cpu_seconds


def costs(runs: list[Run]) -> Table:
    """Floors and methods on each ledger."""
    figures = ("CPU s", "events/CPU s", "peak MiB", "CPU ÷ floor")
    made, floor = table(("ledger", "events", "program", "method"), figures), floors(runs)
    for run in runs:
        if run.program in (OURS, FETCHED, WRITTEN):
            seconds, peak, of = run.cost.cpu_seconds, run.cost.peak_bytes, floor[run[:2]]
            figures = f"{seconds:,.2f} {run.events / seconds:,.0f} {peak / MIB:,.0f} {ratio(run, of):.1f}"
            made.add_row(run.shape, f"{run.events:,}", run.program, run.method, *figures.split())
    return made


def steps(runs: list[Run]) -> Table:
    """Where our CPU seconds go."""
    made = table(("ledger", "events", "method"), (*STEPS, "matches", "lots left"))
    for run in runs:
        if run.program == OURS:
            seconds = (f"{run.figures[step]:.2f}" for step in STEPS)
            found = (f"{run.figures[count]:,}" for count in ("matches", "lots"))
            made.add_row(run.shape, f"{run.events:,}", run.method, *seconds, *found)
    return made


def peers(runs: list[Run]) -> Table:
    """Other programs as processes, and engine against engine."""
    figures = ("CPU s", "peak MiB", "÷ coffer", "engine CPU s", "÷ our engine", "cents apart")
    made = table(("events", "method", "program"), figures)
    ours = {run[1:2] + run[3:4]: run.cost for run in runs if run.program == OURS and run.shape == PEER_SHAPE}
    for run in runs:
        if run.program in (OURS, START_UP, FETCHED, WRITTEN):
            continue
        row = f"{run.events:,}", run.method, run.program
        seconds = ours[run.events, run.method].cpu_seconds
        if not run.cost:
            made.add_row(*row, f"> {STOP_AT}", "", f"> {STOP_AT / seconds:,.0f}")
            continue
        engine, our_engine, cents = run.figures.values()
        theirs, peak = run.cost.cpu_seconds, run.cost.peak_bytes / MIB
        processes = f"{theirs:,.1f} {peak:,.0f} {theirs / seconds:,.1f}"
        engines = f"{engine:,.2f} {engine / our_engine:,.0f} {cents:,.1f}"
        made.add_row(*row, *processes.split(), *engines.split())
    return made


def growth(runs: list[Run]) -> Table:
    """How CPU seconds grow with the ledger, what comes before the first row aside."""
    made = table(("ledger", "method", "from", "to"), ("CPU grows", "n log n grows"))
    for shape, method, small, large, grown, allowed in grown_by(runs):
        made.add_row(shape, method, f"{small:,}", f"{large:,}", f"{grown:.1f}", f"{allowed:.1f}")
    return made


def grown_by(runs: list[Run]) -> list[tuple[str, str, int, int, float, float]]:
    """By ledger and method, from one size to the next larger one; the smallest are mostly start-up."""
    before = min(run.cost.cpu_seconds for run in runs if run.program == START_UP)
    ours = [run for run in runs if run.program == OURS and run.events >= MOSTLY_WORK]
    ours.sort(key=lambda run: (run.shape, run.method, run.events))
    found = []
    for small, large in pairwise(ours):
        if (small.shape, small.method) == (large.shape, large.method):
            grown = (large.cost.cpu_seconds - before) / (small.cost.cpu_seconds - before)
            allowed = large.events * log(large.events) / (small.events * log(small.events))
            found.append((small.shape, small.method, small.events, large.events, grown, allowed))
    return found


def start_up(runs: list[Run]) -> Table:
    """Imports, and the loop."""
    made = table(("", ""), ("CPU s", "peak MiB"))
    for run in runs:
        if run.program == START_UP:
            figures = f"{run.cost.cpu_seconds:.2f}", f"{run.cost.peak_bytes / MIB:,.0f}"
            made.add_row(run.program, run.method, *figures)
    return made


def aims(runs: list[Run]) -> Table:
    """What the issue asks for: of the floor on the largest ledgers, of rp2 on a small one."""
    made = table(("aim", "on"), ("asked", "found", "met"))

    def add(aim: str, on: str, asked: float, found: float, is_met: bool) -> None:
        made.add_row(aim, on, f"{asked:,.1f}", f"{found:,.1f}", "yes" if is_met else "no")

    ours, floor = [run for run in runs if run.program == OURS], floors(runs)
    largest = max(run.events for run in ours)
    for run in ours:
        if run.events == largest and run.method in MOST_FLOORS:
            asked, found = MOST_FLOORS[run.method], ratio(run, floor[run[:2]])
            on = f"{run.shape}, {largest:,}"
            add(f"{run.method}, at most so many floors", on, asked, found, found <= asked)
    for run in runs:
        if run.program == "rp2" and run.events == RP2_EVENTS and run.cost:
            found, on = run.figures["engine"] / run.figures["our engine"], f"{run.events:,}, engine alone"
            add(f"{run.method}, at least so many times rp2", on, TIMES_RP2, found, found >= TIMES_RP2)
    peak = max(run.cost.peak_bytes for run in ours)
    add("memory below, GB", "all", MOST_MEMORY / GB, peak / GB, peak < MOST_MEMORY)
    for shape, method, _, large, grown, allowed in grown_by(runs):
        if method in MOST_FLOORS:
            add(f"{method}, growth at most", f"{shape}, to {large:,}", allowed, grown, grown <= allowed)
    return made
