"""Random ledgers for the lot engine: companies with pools and policies, and all that may happen to them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from hypothesis import strategies as st

from dagster_project.lots import METHODS, MOVEMENTS, PICKS, Matched, match

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


SMALL = Scale(grain=1, price=5)
LARGE = Scale(grain=10**25, price=21_000_000 * 10**9 // 24)  # up to all ether in wei, and all bitcoin at $10m


@st.composite
def ledgers(draw, scale: Scale) -> Ledger:
    """Draw a ledger."""
    length = max(draw(st.integers(1, LONGEST)), draw(st.integers(1, LONGEST)))  # long ones meet more
    movements = st.lists(st.binary(min_size=96, max_size=96), min_size=length, max_size=length)
    return ledger(scale, draw(st.binary(min_size=12, max_size=12)), draw(movements))


def ledger(scale: Scale, thrown: bytes, movements_thrown: list[bytes]) -> Ledger:
    """Make a ledger of one to three companies, with one or two pools each and a method that changes one day.

    In every fourth ledger nobody keeps to a method. Units go from pool to pool, also between companies.
    """
    dice, methods = Dice(thrown), (*METHODS, "hifo", "lofo", "average")
    companies, pools_each, is_policy_kept = dice.pick((1, 2, 2, 3)), 1 + dice.up_to(1), dice.up_to(3) < 3
    policies = [(dice.pick(methods), dice.up_to(LONGEST), dice.pick(methods)) for _ in range(companies)]
    pools = [f"company {n // pools_each}, pool {n % pools_each}" for n in range(companies * pools_each)]
    uses = ("dispose", "transfer", "transfer", "absorb") if len(pools) > 1 else ("dispose", "absorb")
    kinds = ("acquire",) * (len(uses) + 1) + uses
    movements, picks = [], {}
    for number, its_throw in enumerate(movements_thrown):
        dice, row = Dice(its_throw), dict.fromkeys(MOVEMENTS.names) | {"sequence": sequence_of(number)}
        row |= {"kind": dice.pick(kinds), "pool_id": dice.pick(pools), "quantity": scale.quantity(dice)}
        if row["kind"] == "acquire":
            row["cost"] = scale.cost(dice, row["quantity"])
            row["reserved"] = dice.pick((None, None, None, min(row["quantity"], scale.quantity(dice))))
        else:
            row["quantity"] = (row["quantity"] + 2) // 3
            before, changes_at, after = policies[pools.index(row["pool_id"]) // pools_each]
            row["method"] = before if number < changes_at else after
            row["method"] = row["method"] if is_policy_kept else dice.pick(methods)
            picks[row["sequence"]] = picks_of(row, movements, scale, dice)
        if row["kind"] == "transfer":
            row["to_pool_id"] = dice.pick([pool for pool in pools if pool != row["pool_id"]])
        movements.append(row)
    return Ledger(movements, picks)


def picks_of(row: dict, before: list[dict], scale: Scale, dice: Dice) -> list[tuple[int, int | None]]:
    """Name up to three lots: mostly some that came into the pool, sometimes a stranger or one of tomorrow."""
    came = [each["sequence"] for each in before if row["pool_id"] in (each["pool_id"], each["to_pool_id"])]
    some = [sequence_of(number) for number in range(len(before) + 2)]
    lots = [dice.pick((*came, dice.pick(some))) for _ in range(dice.pick((0, 1, 2, 3)))]
    return [(lot, dice.pick((None, scale.quantity(dice)))) for lot in dict.fromkeys(lots)]


def sequence_of(number: int) -> int:
    """Number movements with gaps, from below zero on."""
    return 10 * number - 50
