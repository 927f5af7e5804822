"""Two other programs, rp2 and beancount, match the same lots and find the same cost, where definitions agree.

rp2 ranks HIFO by spot price before fees, so that there are no fees here. Neither has an exact moving average:
`average` is checked by published cases and by brute force.
"""

import json
import random
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pytest
from beancount import loader
from beancount.core.data import Transaction

from dagster_project.lots import MOVEMENTS, match

RP2 = Path(__file__).parent / "rp2_ledgers.py"
START = date(2025, 1, 1)
SEEDS = range(4)
METHODS = ("fifo", "lifo", "hifo", "lofo")


def ledger(seed: int, length: int = 120) -> list[tuple[str, int, int | None]]:
    """Make a random ledger in satoshi and cents, which never sells more than it holds, and in the end all."""
    dice, held, movements = random.Random(seed), 0, []
    for _ in range(length):
        if dice.random() < 0.5 or not held:
            quantity = dice.randrange(1, 3 * 10**8)
            price = dice.choice(
                (2_500_000, 6_852_400, dice.randrange(1, 12_000_000))
            )  # cents; some are equal
            movements.append(("acquire", quantity, max(1, price * quantity // 10**8)))
            held += quantity
        else:
            quantity = dice.randrange(1, held + 1)
            movements.append(("dispose", quantity, None))
            held -= quantity
    return movements + [("dispose", held, None)] * (held > 0)


def ours(movements: list[tuple[str, int, int | None]], method: str, picks: dict | None = None) -> list[tuple]:
    """Match a ledger; return (sale, lot, quantity, cost)."""
    rows = [
        {
            "movement_id": f"{number}",
            "sequence": number,
            "kind": kind,
            "pool_id": "btc",
            "quantity": quantity,
            "cost": cost,
            "method": method,
            "lot_picks": (picks or {}).get(number),
        }
        for number, (kind, quantity, cost) in enumerate(movements)
    ]
    matches = match(pa.Table.from_pylist(rows, MOVEMENTS)).matches.select(
        ["movement_id", "lot_id", "quantity", "cost"]
    )
    return [tuple(map(int, row.values())) for row in matches.to_pylist()]


def assert_agree(ours: list[tuple], theirs: list[tuple]) -> None:
    """Same lots and quantities in the same order; each cost within a cent, all costs equal."""
    assert [row[:3] for row in ours] == [row[:3] for row in theirs]
    assert all(abs(mine[3] - other[3]) < 1 for mine, other in zip(ours, theirs, strict=True))
    assert sum(row[3] for row in ours) == round(sum(row[3] for row in theirs))


@pytest.fixture(scope="module")
def rp2(tmp_path_factory) -> dict[str, list]:
    """What rp2 says of all ledgers under all methods."""
    ledgers = {f"{method} {seed}": [method, ledger(seed)] for method in METHODS for seed in SEEDS}
    answer = subprocess.run(
        [sys.executable, RP2],
        input=json.dumps(ledgers),
        cwd=tmp_path_factory.mktemp("rp2"),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", METHODS)
def test_rp2_matches_the_same_lots(rp2, method, seed):
    theirs = [(sale, lot, quantity, Decimal(cost)) for sale, lot, quantity, cost in rp2[f"{method} {seed}"]]
    assert_agree(ours(ledger(seed), method), theirs)


def beancount(
    movements: list[tuple[str, int, int | None]], method: str, picks: dict | None = None
) -> list[tuple]:
    """Book a ledger with beancount, a movement a day; return (sale, lot, quantity, cost)."""
    lines = ['option "inferred_tolerance_default" "USD:1"', "2024-01-01 open Equity:Plug"]
    lines.append(f'2024-01-01 open Assets:Coins "{method.upper()}"')
    for number, (kind, quantity, cost) in enumerate(movements):
        lines.append(f'{START + timedelta(number)} * ""\n  Equity:Plug')
        if kind == "acquire":
            lines.append(f"  Assets:Coins  {quantity} BTC {{{{{cost} USD}}}}")
            continue
        for pick in (picks or {}).get(number, [{"lot_id": None, "quantity": quantity}]):
            lot = "" if pick["lot_id"] is None else START + timedelta(int(pick["lot_id"]))
            lines.append(f"  Assets:Coins  -{pick['quantity']} BTC {{{lot}}}")
    entries, errors, _ = loader.load_string("\n".join(lines))
    assert not errors
    return [
        (
            (entry.date - START).days,
            (posting.cost.date - START).days,
            int(-posting.units.number),
            -posting.units.number * posting.cost.number,
        )
        for entry in entries
        if isinstance(entry, Transaction)
        for posting in entry.postings
        if posting.cost and posting.units.number < 0
    ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo"])
def test_beancount_matches_the_same_lots(method, seed):
    assert_agree(ours(ledger(seed), method), beancount(ledger(seed), method))


@pytest.mark.parametrize("seed", SEEDS)
def test_beancount_matches_the_lots_that_were_named(seed):
    """The picks are HIFO's own matches in another order, so that every sale is named in full."""
    movements, dice, picks = ledger(seed), random.Random(seed), {}
    for sale, rows in groupby(ours(movements, "hifo"), key=lambda row: row[0]):
        named = [{"lot_id": f"{lot}", "quantity": quantity} for _, lot, quantity, _ in rows]
        picks[sale] = dice.sample(named, len(named))
    assert_agree(ours(movements, "specific", picks), beancount(movements, "strict", picks))
