"""Ledgers for the lot engine, of any number of events and in three shapes, each in a DuckDB file.

    python tests/bench/lots_ledgers.py FILE --shape "many pools" --events 1000000

writes the tables `movements` (schema MOVEMENTS, rows in no order) and `picks` (schema PICKS). The same
arguments give the same rows. Half of the events acquire up to a coin, the others give up to 0.9 coins, at
prices that rise and fall as real ones do. No pool ever gives what it does not have: peers would stop there.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import duckdb

SCRIPT = Path(__file__).with_suffix(".sql")


class Shape(NamedTuple):
    """How many pools there are: wallets of each company, and the share of events that moves between them."""

    companies: int
    wallets: int = 1
    transfers: float = 0.0


SHAPES = {
    "one pool": Shape(1),
    "few pools": Shape(10),
    "many pools": Shape(10, wallets=100, transfers=0.1),
}


def write_ledger(file: Path, shape: str, events: int, seed: int) -> None:
    """Write a ledger with so many events to a new file."""
    with duckdb.connect(file) as connection:
        for name, value in (SHAPES[shape]._asdict() | {"events": events, "seed": seed}).items():
            connection.execute(f"set variable {name} = {value}")
        connection.execute(SCRIPT.read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="one pool")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    write_ledger(arguments.file, arguments.shape, arguments.events, arguments.seed)
