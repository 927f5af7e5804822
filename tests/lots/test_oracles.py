"""Two other programs, rp2 and beancount, match the same lots and find the same cost, where definitions agree.

Ledgers buy and sell, never more than they hold. Among the lots are dust (a satoshi for a cent, for beancount
also for nothing, which rp2 refuses) and many of equal unit cost, whose older ones all three let leave first.

Not comparable, and left to published cases and brute force: `average` (neither has an exact moving average),
fees (rp2 ranks HIFO by spot price before fees), transfers (neither moves lots from pool to pool by a method),
earmarks, unknown costs and shortfalls (both refuse them). Names are compared with beancount only, since rp2
takes none; LOFO with rp2 only, since beancount has none.
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

from dagster_project.lots import MOVEMENTS, PICKS, match

RP2 = Path(__file__).parent / "rp2_ledgers.py"
START = date(2025, 1, 1)
METHODS = ("fifo", "lifo", "hifo", "lofo")
BITCOIN = 10**8  # satoshi
Movements = list[tuple[str, int, int | None]]  # kind, satoshi, cents


def ledger(seed: int, least: int = 1, length: int = 80) -> Movements:
    """Make a random ledger, which in the end sells all that it holds; no lot costs less than the least."""
    dice, held, movements = random.Random(seed), 0, []
    for _ in range(length):
        if dice.random() < 0.5 or not held:
            movements.append(("acquire", *purchase(dice, least)))
            held += movements[-1][1]
        else:
            most = dice.choice((1, BITCOIN // 100, held, held))
            movements.append(("dispose", dice.randrange(1, min(most, held) + 1), None))
            held -= movements[-1][1]
    return movements + [("dispose", held, None)] * (held > 0)


def purchase(dice: random.Random, least: int) -> tuple[int, int]:
    """Buy dust, or hundredths of a coin at a price that others have paid too, or anything at any price."""
    kind, price = dice.random(), dice.choice((2_500_000, 6_852_400, dice.randrange(1, 12_000_000)))
    if kind < 0.15:
        return 1, dice.randrange(least, 2)
    quantity = dice.randrange(1, 300) * BITCOIN // 100 if kind < 0.6 else dice.randrange(1, 3 * BITCOIN)
    return quantity, max(least, price * quantity // BITCOIN)


def ours(movements: Movements, method: str, picks: dict[int, list] | None = None) -> list[tuple]:
    """Match a ledger; return (sale, lot, quantity, cost)."""
    names = ("sequence", "kind", "quantity", "cost", "pool_id", "method")
    rows = [
        dict(zip(names, (number, *movement, "btc", method), strict=True))
        for number, movement in enumerate(movements)
    ]
    named = [
        {"sequence": sale, "pick_no": number, "lot_sequence": lot, "quantity": quantity}
        for sale, its_picks in (picks or {}).items()
        for number, (lot, quantity) in enumerate(its_picks)
    ]
    matched = match(pa.Table.from_pylist(rows, MOVEMENTS), pa.Table.from_pylist(named, PICKS))
    matches = matched.matches.select(["sequence", "lot_sequence", "quantity", "cost"])
    return [tuple(map(int, row.values())) for row in matches.to_pylist()]


def assert_agree(ours: list[tuple], theirs: list[tuple]) -> None:
    """Same lots and quantities in the same order; each cost within a cent, all costs equal."""
    assert [row[:3] for row in ours] == [row[:3] for row in theirs]
    assert all(abs(mine[3] - other[3]) < 1 for mine, other in zip(ours, theirs, strict=True))
    assert sum(row[3] for row in ours) == round(sum(row[3] for row in theirs))


@pytest.fixture(scope="module")
def rp2(tmp_path_factory) -> dict[str, list]:
    """What rp2 says of all ledgers under all methods."""
    ledgers = {f"{method} {seed}": [method, ledger(seed)] for method in METHODS for seed in range(60)}
    answer = subprocess.run(
        [sys.executable, RP2],
        input=json.dumps(ledgers),
        cwd=tmp_path_factory.mktemp("rp2"),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("method", METHODS)
def test_rp2_matches_the_same_lots(rp2, method, seed):
    theirs = [(sale, lot, quantity, Decimal(cost)) for sale, lot, quantity, cost in rp2[f"{method} {seed}"]]
    assert_agree(ours(ledger(seed), method), theirs)


def beancount(movements: Movements, method: str, picks: dict[int, list] | None = None) -> list[tuple]:
    """Book a ledger with beancount, a movement a day; return (sale, lot, quantity, cost)."""
    lines = ['option "inferred_tolerance_default" "USD:1"', "2024-01-01 open Equity:Plug"]
    lines.append(f'2024-01-01 open Assets:Coins "{method.upper()}"')
    for number, (kind, quantity, cost) in enumerate(movements):
        lines.append(f'{START + timedelta(number)} * ""\n  Equity:Plug')
        if kind == "acquire":
            lines.append(f"  Assets:Coins  {quantity} BTC {{{{{cost} USD}}}}")
            continue
        for lot, part in (picks or {}).get(number, [(None, quantity)]):
            bought_on = "" if lot is None else START + timedelta(lot)
            lines.append(f"  Assets:Coins  -{part} BTC {{{bought_on}}}")
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


@pytest.mark.parametrize("seed", range(100, 124))
@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo"])
def test_beancount_matches_the_same_lots(method, seed):
    movements = ledger(seed, least=0)
    assert_agree(ours(movements, method), beancount(movements, method))


@pytest.mark.parametrize("seed", range(200, 224))
def test_beancount_matches_the_lots_that_were_named(seed):
    """The picks are HIFO's own matches in another order, so that every sale is named in full."""
    movements, dice, picks = ledger(seed, least=0), random.Random(seed), {}
    for sale, rows in groupby(ours(movements, "hifo"), key=lambda row: row[0]):
        named = [(lot, quantity) for _, lot, quantity, _ in rows]
        picks[sale] = dice.sample(named, len(named))
    assert_agree(ours(movements, "specific", picks), beancount(movements, "strict", picks))
