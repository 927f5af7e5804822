"""The engine once more, slow and plain: every unit by itself, the next one looked for among all of a pool."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from math import floor, inf

# Methods that honour names, and how their matches say so.
NAMED = {"specific": "specific", "newest": "named", "oldest": "named"}


@dataclass(eq=False)
class Unit:
    lot: int
    cents: list[int] | None  # of all that share their cost with it, the next one's first; None: unknown
    is_reserved: bool = False
    unit_cost: Fraction | None = None  # what it ranks by
    basis: str = "shortfall"  # why it was taken


def cost_of(units: list[Unit]) -> int | None:
    cents = {id(unit.cents): unit.cents for unit in units}.values()
    return None if None in cents else sum(map(sum, cents))


def share(units: list[Unit], more: int = 0, unit_cost: Fraction | None = None) -> None:
    """Let units share their cost, and more: the first k of n have k / n of it, rounded half up."""
    cost, half = Fraction(cost_of(units) + more, len(units) or 1), Fraction(1, 2)
    cents = [b - a for a, b in pairwise(floor(cost * k + half) for k in range(len(units) + 1))]
    for unit in units:
        unit.cents, unit.unit_cost = cents, cost if unit_cost is None else unit_cost


class Pool(list[Unit]):  # by age
    is_average = False

    def sharing(self, unit: Unit | None) -> list[Unit]:
        """List the units of known cost that share it with this one: those of its lot, or all."""
        return [each for each in self if each.cents and (self.is_average or (unit and each.lot == unit.lot))]

    def average(self, is_wanted: bool) -> None:
        was_average, self.is_average = self.is_average, is_wanted
        for unit in self if was_average and not is_wanted else ():
            unit.cents = unit.cents and [unit.cents.pop(0)]
        for unit in self if was_average != is_wanted else ():
            share(self.sharing(unit), unit_cost=None if is_wanted else unit.unit_cost)

    def put(self, units: list[Unit]) -> None:
        self[:] = sorted([*self, *units], key=lambda unit: unit.lot)
        is_ranked_anew = self.is_average or len({u.unit_cost for u in self if u.lot == units[0].lot}) > 1
        if units[0].cents:
            share(self.sharing(units[0]), unit_cost=None if is_ranked_anew else units[0].unit_cost)

    def next_free(self, method: str) -> Unit | None:
        sign, by_age = {"hifo": -1, "lofo": 1}.get(method, 0), -1 if method in ("lifo", "newest") else 1
        free = [unit for unit in self[::by_age] if not unit.is_reserved]
        costs = [sign and (inf if unit.unit_cost is None else sign * unit.unit_cost) for unit in free]
        return free[costs.index(min(costs))] if free else None

    def take(self, method: str, wanted: list[int]) -> Unit | None:
        """Take the next unit: of the first lot that is wanted, an earmarked one first, or else by rank."""
        lot = next((lot for lot in wanted for unit in self if unit.lot == lot), None)
        named = [unit for unit in self if unit.lot == lot and method in NAMED]
        unit = max(named, key=lambda unit: unit.is_reserved) if named else self.next_free(method)
        if unit:
            self.remove(unit)
            unit.cents = unit.cents and [unit.cents.pop(0)]
            unit.basis = NAMED[method] if named else {"specific": "fifo"}.get(method, method)
        if named:
            wanted.remove(lot)
        return unit

    def absorb(self, method: str, taken: list[Unit]) -> None:
        known, heirs = [unit for unit in taken if unit.cents], self.sharing(self.next_free(method))
        if heirs and (cost := cost_of(known)):
            share(heirs, cost)
            for unit in known:
                unit.cents = [0]


def match(movements: list[dict], picks: dict[int, list[tuple]]) -> tuple[dict, dict]:
    """Return {(sequence, lot, basis): [quantity, cost]}, in order, and what is left, {(pool, lot): [...]}."""
    pools, matches, left = defaultdict(Pool), {}, {}
    for each in movements:
        sequence, method, pool = each["sequence"], each["method"], pools[each["pool_id"]]
        units = range(each["quantity"])
        if each["kind"] == "acquire":
            cents, reserved = None if each["cost"] is None else [each["cost"]], each["reserved"] or 0
            pool.put([Unit(sequence, cents, number < reserved) for number in units])
            continue
        pool.average(method == "average")
        wanted = [lot for lot, limit in picks.get(sequence, ()) for _ in units[:limit]]
        taken = [pool.take(method, wanted) or Unit(sequence, None) for _ in units]
        if each["kind"] == "absorb":
            pool.absorb(method, taken)
        for (basis, lot), units in groupby(taken, lambda unit: (unit.basis, unit.lot)):
            key = sequence, None if basis == "shortfall" else lot, basis
            matches[key] = [len(part := list(units)), cost_of(part)]
            if each["kind"] == "transfer":
                pools[each["to_pool_id"]].put(part)
    for name, pool in pools.items():
        pool.average(False)
        for lot, units in groupby(pool, lambda unit: unit.lot):
            left[name, lot] = [len(part := list(units)), cost_of(part)]
    return matches, left
