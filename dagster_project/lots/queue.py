"""Which parcel of a pool leaves next: a pairing heap, linked through the parcels themselves.

A parcel that something else emptied stays queued until it gets to the head (Fredman, Sedgewick, Sleator and
Tarjan, "The pairing heap", 1986: adding is O(1), taking the head O(log n) amortised).
"""

from dagster_project.lots.methods import CHEAPEST, DEAREST, NEWEST, OLDEST
from dagster_project.lots.numbers import NEAR, NONE, UNKNOWN, compared, load, ratio
from dagster_project.lots.types import Parcel, Pool

LAST = 1e300  # the key of an unknown cost


def key_of(parcel: Parcel, order: int) -> float:
    """Rank a parcel: the least leaves first."""
    if order == OLDEST:
        return float(parcel.lot)
    if order == NEWEST:
        return -float(parcel.lot)
    if parcel.unit_cost == UNKNOWN:
        return LAST
    unit_cost = ratio(parcel.unit_cost, load(parcel.unit_quantity))
    return unit_cost if order == CHEAPEST else -unit_cost


def leaves_before(one: Parcel, other: Parcel, order: int) -> bool:
    """Tell which of two parcels leaves first, exactly: their keys know, unless they are nearly equal."""
    if abs(one.key - other.key) > NEAR * (abs(one.key) + abs(other.key)):
        return one.key < other.key
    if UNKNOWN not in (one.unit_cost, other.unit_cost):
        comparison = compared(
            one.unit_cost, load(one.unit_quantity), other.unit_cost, load(other.unit_quantity)
        )
        if comparison != 0:
            return (comparison > 0) == (order == DEAREST)
    return one.lot < other.lot


def enqueue(parcels: list[Parcel], pool: Pool, number: int) -> None:
    """Add a parcel to the queue of its pool."""
    parcel = parcels[number]
    parcel.key = key_of(parcel, pool.order)
    parcel.is_queued = 1
    parcel.first_below = parcel.next_beside = NONE
    pool.first = meld(parcels, pool.first, number, pool.order)


def dequeue(parcels: list[Parcel], pool: Pool) -> None:
    """Take the head off the queue of a pool."""
    head = parcels[pool.first]
    head.is_queued = 0
    pool.first = meld_all(parcels, head.first_below, pool.order)


def head_of(parcels: list[Parcel], pool: Pool) -> int:
    """Return the parcel that leaves next, or NONE; those of which nothing is free leave the queue."""
    while pool.first != NONE:
        head = parcels[pool.first]
        if load(head.quantity_left) > load(head.reserved):
            break
        dequeue(parcels, pool)
    return pool.first


def meld(parcels: list[Parcel], one: int, other: int, order: int) -> int:
    """Put one heap below the head of the other, and return that; either may be NONE."""
    if one == NONE:
        return other
    if other == NONE:
        return one
    if leaves_before(parcels[other], parcels[one], order):
        one, other = other, one
    parcels[other].next_beside = parcels[one].first_below
    parcels[one].first_below = other
    return one


def meld_all(parcels: list[Parcel], first: int, order: int) -> int:
    """Make one heap of heaps that lie side by side: in pairs, then the pairs from the last to the first."""
    pairs = NONE
    while first != NONE:
        second = parcels[first].next_beside
        following = NONE if second == NONE else parcels[second].next_beside
        pair = meld(parcels, first, second, order)
        parcels[pair].next_beside = pairs
        pairs, first = pair, following
    head = NONE
    while pairs != NONE:
        following = parcels[pairs].next_beside
        parcels[pairs].next_beside = NONE
        head = meld(parcels, head, pairs, order)
        pairs = following
    return head
