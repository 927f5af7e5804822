"""Units that leave in proportion: each use takes from all lots that lie there by what is left of them.

No rank says which lot comes next, so this is no row of METHODS and no work for its queue. It is plain Python:
a use meets every open lot, and its work is about as long as its answer. That is uses times lots, and no rule
which is exact for every use makes it less. So it has an end: from the use on that would bring a pool's
matches to more than MOST_MATCHES, what was to be shared comes from the newest lots, and its basis says so.
What was matched before stays as it is, and the engine takes over what is left: nothing grows beyond
MOST_MATCHES and a row a movement.
"""

from collections import Counter, defaultdict
from itertools import accumulate

import pyarrow as pa

from dagster_project.lots.columns import MATCHES, MOVEMENTS, OPEN_LOTS, Matched, match
from dagster_project.lots.numbers import share

PRO_RATA = "pro_rata"
MOST_MATCHES = 1_000_000  # of a pool
ORDER_OF_MATCHES = [("sequence", "ascending"), ("match_no", "ascending")]
ORDER_OF_LOTS = [("pool_id", "ascending"), ("lot_sequence", "ascending")]


class Lot:
    """A lot and what is left of it; units that are kept may be taken by name only."""

    __slots__ = ("cost", "kept", "left", "quantity", "sequence")

    def __init__(self, row: dict) -> None:
        self.sequence, self.quantity, self.left = row["sequence"], int(row["quantity"]), int(row["quantity"])
        self.cost = None if row["cost"] is None else int(row["cost"])
        self.kept = int(row["reserved"] or 0)

    def take(self, units: int, kept: int = 0) -> int | None:
        """Take units, and return their cost: the step between two marks on the lot's ruler."""
        before = self.quantity - self.left
        self.left -= units
        self.kept -= kept
        if self.cost is None:
            return None
        return share(self.cost, before + units, self.quantity) - share(self.cost, before, self.quantity)


def match_pro_rata(movements: pa.Table, picks: pa.Table, most: int = MOST_MATCHES) -> Matched:
    """Match movements of pools of money in which some use, at least, is shared in proportion.

    Tables as for `match`; kinds are acquire and dispose, methods pro_rata, newest and oldest. Lots that were
    named come first, for all three. A pool has at most so many matches before its uses are shared no more.
    """
    named = defaultdict(dict)
    for pick in picks.sort_by("pick_no").to_pylist():
        limits = named[pick["sequence"]]
        limits.setdefault(pick["lot_sequence"], []).append(pick["quantity"])
    pools: dict[str, list[Lot]] = defaultdict(list)
    matches, found, later = [], Counter(), defaultdict(list)
    for row in movements.sort_by("sequence").to_pylist():
        pool, lots = row["pool_id"], pools[row["pool_id"]]
        if row["kind"] not in ("acquire", "dispose"):
            message = f"movement {row['sequence']}: kind is {row['kind']}; known: acquire, dispose"
            raise ValueError(message)
        if pool in later or (row["method"] == PRO_RATA and found[pool] + len(lots) > most):
            later[pool].append(row)
        elif row["kind"] == "acquire":
            lots.append(Lot(row))
        else:
            parts = spend(lots, int(row["quantity"]), named.get(row["sequence"], {}), row["method"])
            matches += [(row["sequence"], number, *part) for number, part in enumerate(parts, 1)]
            found[pool] += len(parts)
            lots[:] = [lot for lot in lots if lot.left]
    rest = match_newest({pool: pools.pop(pool) for pool in later}, later, picks)
    left = [
        (pool, lot.sequence, lot.left, lot.take(lot.left)) for pool, lots in pools.items() for lot in lots
    ]
    shared = Matched(table(matches, MATCHES), table(left, OPEN_LOTS))
    return Matched(
        pa.concat_tables([shared.matches, rest.matches]).unify_dictionaries().sort_by(ORDER_OF_MATCHES),
        pa.concat_tables([shared.open_lots, rest.open_lots]).sort_by(ORDER_OF_LOTS),
    )


def match_newest(pools: dict[str, list[Lot]], later: dict[str, list[dict]], picks: pa.Table) -> Matched:
    """Match what happens later in these pools, of which the open lots are given, from the newest lot on."""
    rows = []
    for pool, lots in pools.items():
        for lot in lots:
            opened = {"sequence": lot.sequence, "kind": "acquire", "pool_id": pool, "quantity": lot.left}
            rows.append(opened | {"reserved": lot.kept, "cost": lot.take(lot.left)})
        for row in later[pool]:
            rows.append(row | {"method": "newest"} if row["method"] == PRO_RATA else row)
    return match(pa.Table.from_pylist(rows, MOVEMENTS), picks)


def spend(lots: list[Lot], wanted: int, named: dict[int, list], method: str) -> list[tuple]:
    """Take units of lots that lie in the order of their age: (lot, quantity, cost, basis) of each part."""
    parts = []
    by_sequence = {lot.sequence: lot for lot in lots} if named else {}
    for lot, limits in ((by_sequence[each], named[each]) for each in named if each in by_sequence):
        units = min(wanted, lot.left if None in limits else min(lot.left, int(sum(limits))))
        if units:
            parts.append((lot.sequence, units, lot.take(units, min(units, lot.kept)), "named"))
            wanted -= units
    ranked = lots[::-1] if method == "newest" else lots
    free = list(accumulate(lot.left - lot.kept for lot in ranked))
    most = min(wanted, free[-1]) if free else 0
    # What falls to each lot and those before it, so that the parts add up to the unit.
    until = [share(most, each, free[-1]) if method == PRO_RATA else min(most, each) for each in free if most]
    for lot, begin, end in zip(ranked, [0, *until], until, strict=False):
        if end > begin:
            parts.append((lot.sequence, end - begin, lot.take(end - begin), method))
    if wanted > most:
        parts.append((None, wanted - most, None, "shortfall"))
    return parts


def table(rows: list[tuple], schema: pa.Schema) -> pa.Table:
    """Lay out rows in a schema."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pa.Table.from_pydict(dict(zip(schema.names, columns, strict=True)), schema)
