"""In which order lots leave a pool: each method is one row of a table."""

from operator import attrgetter

from dagster_project.lots.types import Method, Parcel

UNKNOWN = 1 << 512  # ranks after any unit cost

oldest = attrgetter("lot")  # lots are numbered in the order of their acquisition


def newest(parcel: Parcel) -> int:
    """Rank the lot that was acquired last first."""
    return -parcel.lot


def dearest(parcel: Parcel) -> int:
    """Rank by unit cost, highest first, unknown last."""
    return UNKNOWN if parcel.unit_cost is None else -parcel.unit_cost


def cheapest(parcel: Parcel) -> int:
    """Rank by unit cost, lowest first, unknown last."""
    return UNKNOWN if parcel.unit_cost is None else parcel.unit_cost


def scaled_unit_cost(cost: int | None, quantity: int) -> int | None:
    """Return an integer that orders as cost / quantity does, exactly; None where the cost is unknown.

    Quantities are below 10**38 < 2**127, so quotients that differ do so by more than 2**-254: scaled by
    2**256 their integer parts differ too, and equal quotients stay equal.
    """
    return None if cost is None else (cost << 256) // quantity


METHODS = {
    "fifo": Method(oldest, "fifo"),
    "lifo": Method(newest, "lifo"),
    "hifo": Method(dearest, "hifo"),
    "lofo": Method(cheapest, "lofo"),
    "average": Method(oldest, "average", shares_cost=True),
    "specific": Method(oldest, "fifo", picked="specific"),
    "newest": Method(
        newest, "newest", picked="named"
    ),  # money: what the company named, then the newest inflow
}
