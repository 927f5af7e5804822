"""Units that leave in proportion: each use takes from all lots that lie there by what is left of them.

No rank says which lot comes next, so this is no row of METHODS and no work for its queue. It is plain Python:
a use meets every open lot, and its work is about as long as its answer. A lot shrinks by the same part with
every use and is gone within a few hundred uses that turn the pool over; but many small uses of a pool with
many lots are many rows.
"""

from collections import defaultdict
from itertools import accumulate

import pyarrow as pa

from dagster_project.lots.columns import MATCHES, OPEN_LOTS, Matched
from dagster_project.lots.numbers import share

PRO_RATA = "pro_rata"


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


def match_pro_rata(movements: pa.Table, picks: pa.Table) -> Matched:
    """Match movements of pools of money in which some use, at least, is shared in proportion.

    Tables as for `match`; kinds are acquire and dispose, methods pro_rata, newest and oldest. Lots that were
    named come first, for all three.
    """
    named = defaultdict(dict)
    for pick in picks.sort_by("pick_no").to_pylist():
        limits = named[pick["sequence"]]
        limits.setdefault(pick["lot_sequence"], []).append(pick["quantity"])
    pools: dict[str, list[Lot]] = defaultdict(list)
    matches = []
    for row in movements.sort_by("sequence").to_pylist():
        lots = pools[row["pool_id"]]
        if row["kind"] == "acquire":
            lots.append(Lot(row))
        elif row["kind"] == "dispose":
            parts = spend(lots, int(row["quantity"]), named.get(row["sequence"], {}), row["method"])
            matches += [(row["sequence"], number, *part) for number, part in enumerate(parts, 1)]
            lots[:] = [lot for lot in lots if lot.left]
        else:
            message = f"movement {row['sequence']}: kind is {row['kind']}; known: acquire, dispose"
            raise ValueError(message)
    left = [
        (pool, lot.sequence, lot.left, lot.take(lot.left)) for pool, lots in pools.items() for lot in lots
    ]
    return Matched(table(matches, MATCHES), table(sorted(left), OPEN_LOTS))


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
