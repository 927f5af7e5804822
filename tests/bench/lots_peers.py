"""What other programs do with a ledger of lots_ledgers.py that has one pool, stopped after a while.

    python tests/bench/lots_peers.py rp2 LEDGER FOLDER METHOD --stop-at 120

prints as JSON what the units cost that left, and the CPU seconds of their engine alone, without imports. What
they read, and what they leave behind, lies in FOLDER.
"""

import argparse
import heapq
import json
import os
import resource
import sys
import time
from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

RP2 = Path(__file__).parents[1] / "lots"  # the tests' way to run rp2
ROWS = 10_000
LEAVES = {"fifo": deque.popleft, "lifo": deque.pop, "hifo": heapq.heappop}

Movement = tuple[int, str, Decimal, Decimal | None]
Answer = tuple[Decimal, float]  # the cost of the units that left, and CPU seconds


def movements(ledger: Path) -> Iterator[Movement]:
    """Read a ledger in order: sequence, kind, quantity, cost."""
    import duckdb

    with duckdb.connect(ledger, read_only=True) as connection:
        rows = connection.execute("select sequence, kind, quantity, cost from movements order by sequence")
        while some := rows.fetchmany(ROWS):
            yield from some


def plain_loop(ledger: Path, folder: Path, method: str) -> Answer:
    """The loop that everybody writes: a deque of lots (a heap for HIFO), Decimals, a tuple for each match."""
    lots, matches, began = [] if method == "hifo" else deque(), [], time.process_time()
    for sequence, kind, quantity, cost in movements(ledger):
        if kind == "acquire":
            lot = [-cost / quantity, sequence, quantity]
            if method == "hifo":
                heapq.heappush(lots, lot)
            else:
                lots.append(lot)
            continue
        wanted = quantity
        while wanted:
            lot = lots[-1 if method == "lifo" else 0]
            taken = min(wanted, lot[2])
            matches.append((sequence, lot[1], taken, taken * -lot[0]))
            wanted -= taken
            lot[2] -= taken
            if not lot[2]:
                LEAVES[method](lots)
    seconds = time.process_time() - began
    return sum(cost for *_, cost in matches), seconds


def rp2(ledger: Path, folder: Path, method: str) -> Answer:
    """Its engine, fed with its own transactions: no spreadsheet is read, no report written."""
    os.chdir(folder)  # it opens a log there when it is imported
    sys.path.append(str(RP2))
    from rp2.configuration import Configuration
    from rp2.plugin.country.us import US
    from rp2_ledgers import SETTINGS, matched

    Path("rp2.ini").write_text(SETTINGS)
    rows = [(kind, str(quantity), cost and str(cost)) for _, kind, quantity, cost in movements(ledger)]
    configuration, began = Configuration("rp2.ini", US()), time.process_time()
    matches = matched(configuration, method, rows)
    seconds = time.process_time() - began
    return sum(Decimal(cost) for *_, cost in matches), seconds


def text_of(folder: Path, method: str) -> Path:
    """Name the file that `write_beancount` writes and `beancount` reads."""
    return folder / f"{method}.beancount"


def write_beancount(ledger: Path, folder: Path, method: str) -> None:
    """Write a ledger as beancount's text, a movement a day, for dates are what its lots are known by."""
    with text_of(folder, method).open("w") as file:
        file.write('option "inferred_tolerance_default" "USD:1"\n0001-01-01 open Equity:Plug\n')
        file.write(f'0001-01-01 open Assets:Coins "{method.upper()}"\n')
        for sequence, kind, quantity, cost in movements(ledger):
            units = f"{quantity} BTC {{{{{cost} USD}}}}" if kind == "acquire" else f"-{quantity} BTC {{}}"
            file.write(f'{date.min + timedelta(sequence)} * ""\n  Equity:Plug\n  Assets:Coins  {units}\n')


def beancount(ledger: Path, folder: Path, method: str) -> Answer:
    """Its loader, which parses the text and books it."""
    from beancount import loader
    from beancount.core.data import Transaction

    text, began = text_of(folder, method).read_text(), time.process_time()
    entries, errors, _ = loader.load_string(text)
    seconds = time.process_time() - began
    assert not errors, errors[:3]
    postings = (each for entry in entries if isinstance(entry, Transaction) for each in entry.postings)
    sold = (each for each in postings if each.cost and each.units.number < 0)
    return sum(-each.units.number * each.cost.number for each in sold), seconds


PEERS = {peer.__name__: peer for peer in (rp2, beancount, plain_loop)}
METHODS = ("fifo", "lifo", "hifo")  # that all of them have

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=[*PEERS, write_beancount.__name__])
    parser.add_argument("ledger", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("--stop-at", type=int, default=resource.RLIM_INFINITY, metavar="SECONDS")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CPU, (arguments.stop_at, arguments.stop_at))
    given = arguments.ledger.resolve(), arguments.folder, arguments.method
    if arguments.peer in PEERS:
        cost, seconds = PEERS[arguments.peer](*given)
        print(json.dumps({"cost": str(cost), "engine_seconds": seconds}))
    else:
        write_beancount(*given)
