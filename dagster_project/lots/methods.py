"""In which order lots leave a pool: each method is one row of a table."""

import math
from operator import attrgetter

from dagster_project.lots.types import Method, Parcel

oldest = attrgetter("lot")  # lots are numbered in the order of their acquisition


def newest(parcel: Parcel) -> int:
    """Rank the lot that was acquired last first."""
    return -parcel.lot


def dearest(parcel: Parcel) -> int | float:
    """Rank by unit cost, highest first, unknown last."""
    return math.inf if parcel.price is None else -_unit_cost(*parcel.price)


def cheapest(parcel: Parcel) -> int | float:
    """Rank by unit cost, lowest first, unknown last."""
    return math.inf if parcel.price is None else _unit_cost(*parcel.price)


def _unit_cost(cost: int, quantity: int) -> int:
    """Return an integer that orders as cost / quantity does, exactly.

    Quantities are below 10**38 < 2**127, so quotients that differ do so by more than 2**-254: scaled by 2**256 their
    integer parts differ too, and equal quotients stay equal.
    """
    return (cost << 256) // quantity


METHODS = {
    "fifo": Method(oldest, "fifo"),
    "lifo": Method(newest, "lifo"),
    "hifo": Method(dearest, "hifo"),
    "lofo": Method(cheapest, "lofo"),
    "average": Method(oldest, "average", shares_cost=True),
    "specific": Method(oldest, "fifo", picked="specific"),
    "newest": Method(newest, "newest", picked="named"),  # money: what the company named, then the newest inflow
}
