"""In which order lots leave a pool: each method is one row of a table."""

from typing import NamedTuple

OLDEST, NEWEST, DEAREST, CHEAPEST = ORDERS = range(4)  # by acquisition, or by unit cost, unknown ones last
KINDS = ("acquire", "dispose", "transfer", "absorb")


class Method(NamedTuple):
    """A policy: which parcel leaves first, and what its matches are called."""

    order: int  # where ranks are equal, the older lot leaves first
    basis: str  # of what was matched by rank
    picked: str | None = None  # of what was matched because it was named; None: names are not honoured
    shares_cost: bool = False


METHODS = {
    "fifo": Method(OLDEST, "fifo"),
    "lifo": Method(NEWEST, "lifo"),
    "hifo": Method(DEAREST, "hifo"),
    "lofo": Method(CHEAPEST, "lofo"),
    "average": Method(OLDEST, "average", shares_cost=True),
    "specific": Method(OLDEST, "fifo", picked="specific"),
    "newest": Method(NEWEST, "newest", picked="named"),  # money: what was named, then the newest inflow
    "oldest": Method(OLDEST, "oldest", picked="named"),  # or the oldest one
}
COMPARED = tuple(name for name, method in METHODS.items() if method.picked is None)  # in method_comparison
SHORTFALL = "shortfall"
BASES = (*{basis: 0 for method in METHODS.values() for basis in method[1:3] if basis}, SHORTFALL)

# The same table in the loop's own words, by place in METHODS.
ORDER_OF = tuple(method.order for method in METHODS.values())
BASIS_OF = tuple(BASES.index(method.basis) for method in METHODS.values())
PICKED_OF = tuple(BASES.index(method.picked) if method.picked else -1 for method in METHODS.values())
SHARES_COST = tuple(method.shares_cost for method in METHODS.values())
