"""Random ledgers for the lot engine: companies with pools and policies, and all that may happen to them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from hypothesis import strategies as st

from dagster_project.lots import METHODS, MOVEMENTS, PICKS, Matched, match
from dagster_project.lots.methods import KINDS

LONGEST = 30  # movements


class Ledger(NamedTuple):
    """Movements in their declared order, and lots that they name: {sequence: [(lot, quantity or None)]}."""

    movements: list[dict]
    picks: dict[int, list[tuple[int, int | None]]]

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """Lay the ledger out as the engine wants it."""
        named = [(sequence, *pick) for sequence, picks in self.picks.items() for pick in picks]
        columns = zip(*named, strict=True) if named else ((), (), ())
        picks = dict(zip(("sequence", "lot_sequence", "quantity"), columns, strict=True))
        picks["pick_no"] = range(len(named))
        return pa.Table.from_pylist(self.movements, MOVEMENTS), pa.Table.from_pydict(picks, PICKS)


def match_both(movements: pa.Table, picks: pa.Table | None = None) -> Matched:
    """Match movements by the plain loop and by the compiled one: they say the same."""
    matched = match(movements, picks, loop="plain")
    assert match(movements, picks, loop="compiled") == matched
    return matched


class Dice:
    """Chances read off bytes, which hypothesis draws eight times as fast as numbers; zero is the simplest."""

    def __init__(self, thrown: bytes) -> None:
        self.thrown = iter(thrown)

    def up_to(self, most: int) -> int:
        number = 0
        for _ in range((most.bit_length() + 7) // 8):
            number = number << 8 | next(self.thrown, 0)
        return number % (most + 1)

    def pick(self, options: Sequence) -> Any:
        return options[self.up_to(len(options) - 1)]


class Scale(NamedTuple):
    """How large the numbers of a ledger are, such that many are dust and many unit costs are equal."""

    grain: int  # quantities are one unit, a few whole grains, or anything up to a dozen of them
    price: int  # costs are none, one or two of these a grain, and sometimes a little more

    def quantity(self, dice: Dice) -> int:
        return dice.pick((1, self.grain * (1 + dice.up_to(11)), 1 + dice.up_to(12 * self.grain - 1)))

    def cost(self, dice: Dice, quantity: int) -> int | None:
        price, extra = dice.pick((1, 0, 2, None)), dice.pick((0, dice.up_to(1), dice.up_to(4 * self.price)))
        return None if price is None else price * self.price * quantity // self.grain + extra


SMALL = Scale(grain=1, price=25)
LARGE = Scale(grain=10**25, price=21_000_000 * 10**9 // 24)  # up to all ether in wei, and all bitcoin at $10m


@st.composite
def ledgers(draw, scale: Scale) -> Ledger:
    """Draw a ledger."""
    length = draw(st.integers(1, LONGEST))
    movements = st.lists(st.binary(min_size=96, max_size=96), min_size=length, max_size=length)
    return ledger(scale, draw(st.binary(min_size=12, max_size=12)), draw(movements))


def ledger(scale: Scale, thrown: bytes, movements_thrown: list[bytes]) -> Ledger:
    """Make a ledger of one to three companies, with one or two pools each and a method that changes one day.

    In every fourth ledger nobody keeps to a method. Units go from pool to pool, also between companies.
    """
    dice, methods = Dice(thrown), tuple(METHODS)
    pools_each, is_policy_kept = 1 + dice.up_to(1), dice.up_to(3) < 3
    policies = [
        (dice.pick(methods), dice.up_to(LONGEST), dice.pick(methods)) for _ in range(1 + dice.up_to(2))
    ]
    pools = [
        f"company {company}, pool {pool}" for company in range(len(policies)) for pool in range(pools_each)
    ]
    movements, picks = [], {}
    for number, its_throw in enumerate(movements_thrown):
        dice, sequence = Dice(its_throw), sequence_of(number)
        pool = dice.pick(pools)
        kind = dice.pick(
            ("acquire", "acquire", *KINDS) if len(pools) > 1 else ("acquire", "dispose", "absorb")
        )
        row = dict.fromkeys(MOVEMENTS.names) | {"sequence": sequence, "kind": kind, "pool_id": pool}
        row["quantity"] = scale.quantity(dice)
        movements.append(row)
        if kind == "acquire":
            row["cost"] = scale.cost(dice, row["quantity"])
            row["reserved"] = dice.pick((None, min(row["quantity"], scale.quantity(dice))))
            continue
        before, changes_at, after = policies[pools.index(pool) // pools_each]
        row["method"] = before if number < changes_at else after
        if not is_policy_kept:
            row["method"] = dice.pick(methods)
        if kind == "transfer":
            row["to_pool_id"] = dice.pick([other for other in pools if other != pool])
        ago = [
            dice.up_to(13) - 1 for _ in range(dice.pick((0, 0, 1, 2, 3)))
        ]  # the next movement opens no lot yet
        picks[sequence] = [
            (sequence_of(number - each), dice.pick((None, scale.quantity(dice))))
            for each in dict.fromkeys(ago)
        ]
    return Ledger(movements, picks)


def sequence_of(number: int) -> int:
    """Number movements with gaps, from below zero on."""
    return 10 * number - 50
