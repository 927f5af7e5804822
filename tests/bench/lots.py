"""What matching lots costs, beside other programs, and beside DuckDB reading and sorting the same rows.

    python tests/bench/lots.py [--sizes 10k,100k,1M,10M] [--shapes ...] [--methods ...] [--json FILE]

Each run has a process of its own, and all its CPU seconds count, imports too. Machines are shared: compare
CPU seconds, and ratios of one run. All of it takes 40 minutes, and 2 GB of disk in TMPDIR meanwhile.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path
from subprocess import CalledProcessError
from tempfile import TemporaryDirectory

from lots_tables import DEQUE, FETCHED, OURS, PEER_SHAPE, START_UP, STOP_AT, WRITTEN, Run, show
from measure import Cost, measure
from report import FLOOR_RUNS, console, machine, progress

HERE = Path(__file__).parent
SHAPES = ("one pool", "few pools", "many pools")  # of lots_ledgers.py, too heavy to import (see measure.py)
SIZES = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000, "10M": 10_000_000}
METHODS = ("fifo", "lifo", "hifo", "lofo", "average", "specific")
FLOORS = {FETCHED: "floor_fetched", WRITTEN: "floor_written"}
MOST_BEANCOUNT_DAYS = 3_650_000  # its lots are known by their dates, and no date is later than the year 9999
PEERS = {"rp2": "rp2", "beancount": "beancount", DEQUE: "plain_loop"}
PEER_METHODS = ("fifo", "lifo", "hifo")  # that all of them have
STOPPED = (-signal.SIGXCPU, -signal.SIGKILL)


def run(script: str, *arguments: object) -> tuple[Cost, str]:
    """Run a script that lies here; its cost and what it prints."""
    return measure([sys.executable, HERE / script, *map(str, arguments)], os.environ)


def measure_start_up(folder: Path) -> Iterator[Run]:
    """What comes before the first row: compiling, once; later imports, and the loop from numba's cache."""
    ledger = folder / "ledger.duckdb"
    run("lots_ledgers.py", ledger, "--events", 10)
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "numba")
    for loop in ("loop compiled anew", "loop from numba's cache"):
        cost, _ = run("lots_parts.py", "start_up", ledger, folder / "nothing", "fifo")
        yield Run("", 0, START_UP, loop, cost)


def measure_ledger(shape: str, events: int, methods: list[str], folder: Path) -> Iterator[Run]:
    """The floors and our methods on a new ledger, which stays in the folder for others."""
    ledger, output = folder / "ledger.duckdb", folder / "output.duckdb"
    ledger.unlink(missing_ok=True)
    run("lots_ledgers.py", ledger, "--shape", shape, "--events", events)

    def cheapest(part: str, method: str) -> tuple[Cost, str]:
        costs = []
        for _ in range(FLOOR_RUNS):
            output.unlink(missing_ok=True)
            costs.append(run("lots_parts.py", part, ledger, output, method))
        return min(costs)

    for floor, part in FLOORS.items():
        yield Run(shape, events, floor, "", cheapest(part, "")[0])
    for method in methods:
        cost, steps = cheapest("ours", method)
        audited = json.loads(run("lots_parts.py", "audit", ledger, output, method)[1])
        for law in ("units_missing", "cents_missing", "shortfalls"):
            assert audited[law] == 0, f"{shape}, {events:,}, {method}: {law} {audited[law]}"
        yield Run(shape, events, OURS, method, cost, json.loads(steps) | audited)


def measure_peers(done: list[Run], peers: list[str], ledger: Path) -> Iterator[Run]:
    """Who was not stopped on a smaller ledger, beside our engine; all must find the cost that we found."""
    folder, last = ledger.parent, done[-1]
    stopped = {(each.program, each.method) for each in done if each.cost is None}
    for method in PEER_METHODS:
        ours = [each for each in done if each[:4] == (*last[:2], OURS, method)]
        ready = {name: PEERS[name] for name in peers if (name, method) not in stopped}
        if last.events > MOST_BEANCOUNT_DAYS and ready.pop("beancount", None):
            yield Run(*last[:2], "beancount", method, None)
        if not ours or not ready:
            continue
        _, our_engine = run("lots_parts.py", "match_warm", ledger, folder / "nothing", method)
        for name, peer in ready.items():
            if peer == "beancount":
                run("lots_peers.py", "write_beancount", ledger, folder, method)
            try:
                cost, answer = run("lots_peers.py", peer, ledger, folder, method, "--stop-at", STOP_AT)
            except CalledProcessError as error:
                if error.returncode not in STOPPED:
                    raise
                yield Run(*last[:2], name, method, None)
                continue
            answer = json.loads(answer)
            cents = Decimal(answer["cost"]) - ours[0].figures["cost"]
            # our lots that are partly used are rounded to the cent
            assert abs(cents) <= Decimal(ours[0].figures["begun"]) / 2, (
                f"{name}, {last.events:,}, {method}: {cents}"
            )
            figures = {
                "engine": answer["engine_seconds"],
                "our engine": float(our_engine),
                "cents": float(cents),
            }
            yield Run(*last[:2], name, method, cost, figures)


def chosen(known: tuple[str, ...]) -> dict:
    """An option that takes names, separated by commas."""

    def names(text: str) -> list[str]:
        unknown = set(text.split(",")) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        return text.split(",")

    return {"type": names, "default": list(known), "help": ",".join(known)}


def main() -> None:
    """Measure, show, and write down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    known_names = {"sizes": tuple(SIZES), "shapes": SHAPES, "methods": METHODS, "peers": tuple(PEERS)}
    for option, known in known_names.items():
        parser.add_argument(f"--{option}", **chosen(known))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()

    about, runs = machine("duckdb", "pyarrow", "numba", "rp2", "beancount"), []
    with progress() as shown, TemporaryDirectory(prefix="coffer-bench-") as folder:
        task = shown.add_task("start-up", total=len(arguments.sizes) * len(arguments.shapes))

        def keep(measured: Iterator[Run]) -> None:
            for each in measured:
                runs.append(each)
                shown.console.print(each.line(), highlight=False)

        keep(measure_start_up(Path(folder)))
        for size, shape in product(arguments.sizes, arguments.shapes):
            shown.update(task, description=f"{shape}, {size}")
            keep(measure_ledger(shape, SIZES[size], arguments.methods, Path(folder)))
            if shape == PEER_SHAPE:
                keep(measure_peers(runs, arguments.peers, Path(folder) / "ledger.duckdb"))
            shown.advance(task)

    show(console(about), runs)
    if arguments.json:
        rows = [each._asdict() | {"cost": each.cost and each.cost._asdict()} for each in runs]
        arguments.json.write_text(json.dumps(about | {"stop_at": STOP_AT, "runs": rows}, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except CalledProcessError as error:
        sys.exit(f"{error}\n{error.output}\n{error.stderr}")
