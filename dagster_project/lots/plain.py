"""The loop of `matching` as plain Python: for few movements, and for numbers of any size."""

import numpy as np

from dagster_project.lots.matching import match_in_order
from dagster_project.lots.numbers import NONE, load
from dagster_project.lots.types import Column, Matches, Movements, OpenLots, Parcel, Picks, Pool


def run(
    movements: Movements, picks: Picks, pool_count: int, parcel_room: int, match_room: int
) -> tuple[Matches, OpenLots] | None:
    """Match movements: arrays in, lists out; None when there is too little room."""
    parcels = [Parcel() for _ in range(parcel_room)]
    matches = Matches(*([NONE] * match_room for _ in Matches._fields))
    matches = matches._replace(quantity=[[0] for _ in range(match_room)])
    matched, held = match_in_order(
        Movements(*map(as_list, movements))._replace(cost=[cost for [cost] in as_list(movements.cost)]),
        Picks(*map(as_list, picks)),
        [Pool() for _ in range(pool_count)],
        parcels,
        [NONE] * len(movements.kind),
        matches,
    )
    if held == NONE:
        return None
    filled = Matches(*(column[:matched] for column in matches))
    open_lots = [
        parcel for parcel in parcels[:held] if parcel.pool != NONE and load(parcel.quantity_left) > 0
    ]
    return filled._replace(quantity=[load(box) for box in filled.quantity]), OpenLots(
        pool=[parcel.pool for parcel in open_lots],
        lot=[parcel.lot for parcel in open_lots],
        quantity=[load(parcel.quantity_left) for parcel in open_lots],
        cost=[parcel.cost_left for parcel in open_lots],
    )


def as_list(array: np.ndarray) -> Column:
    """Return an array of integers as a list, one of words as a list of boxes."""
    if array.ndim == 1:
        return array.tolist()
    return [[high << 64 | low % 2**64] for low, high in array.tolist()]
