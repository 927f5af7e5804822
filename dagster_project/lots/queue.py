"""Which parcel of a pool leaves next: a line of those that came in turn, and a heap of those that did not.

Lots are acquired in the order in which `fifo` and `lifo` take them, so that nearly all join the line at one
of its ends. What cannot, waits in a pairing heap (Fredman, Sedgewick, Sleator and Tarjan, "The pairing heap",
1986: adding is O(1), taking the head O(log n) amortised). Both are linked through the parcels themselves. A
parcel that something else emptied stays queued until it gets to the head.
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
    """Say which of two parcels leaves first, exactly: their keys know, unless they are nearly equal."""
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
    """Add a parcel to the queue of its pool: to an end of the line if it fits there, else to the heap."""
    parcel = parcels[number]
    parcel.is_queued = 1
    parcel.first_below = parcel.next_beside = NONE
    if pool.order != NONE:
        parcel.key = key_of(parcel, pool.order)
    if pool.first == NONE:
        pool.first = pool.last = number
    elif pool.order == NONE or not leaves_before(parcel, parcels[pool.last], pool.order):
        parcels[pool.last].next_beside = pool.last = number
    elif leaves_before(parcel, parcels[pool.first], pool.order):
        parcel.next_beside, pool.first = pool.first, number
    else:
        pool.heap = meld(parcels, pool.heap, number, pool.order)


def dequeue(parcels: list[Parcel], pool: Pool) -> int:
    """Take the head off the queue of a pool, and return it."""
    number = first_of(parcels, pool)
    head = parcels[number]
    head.is_queued = 0
    if number == pool.first:
        pool.first = head.next_beside
    else:
        pool.heap = meld_all(parcels, head.first_below, pool.order)
    return number


def first_of(parcels: list[Parcel], pool: Pool) -> int:
    """Return the head of the queue of a pool, or NONE: the first in the line or the top of the heap."""
    if pool.first == NONE:
        return pool.heap
    if pool.heap != NONE and leaves_before(parcels[pool.heap], parcels[pool.first], pool.order):
        return pool.heap
    return pool.first


def queue_all(parcels: list[Parcel], pool: Pool, order: int) -> None:
    """Queue all units of a pool again, earmarked ones too."""
    waiting = NONE
    while first_of(parcels, pool) != NONE:
        park(parcels, pool, dequeue(parcels, pool))
    pool.order, waiting, pool.parked = order, pool.parked, NONE
    while waiting != NONE:
        parcel = parcels[waiting]
        parcel.is_parked = 0
        if load(parcel.quantity_left) > 0:
            enqueue(parcels, pool, waiting)
        waiting = parcel.next_parked


def park(parcels: list[Parcel], pool: Pool, number: int) -> None:
    """Keep a parcel that has left the queue of its pool, unless it was kept before."""
    parcel = parcels[number]
    if not parcel.is_parked:
        parcel.is_parked, parcel.next_parked, pool.parked = 1, pool.parked, number


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
