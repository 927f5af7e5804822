"""Movements in, matches out: the one place where units leave lots."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from itertools import chain

from dagster_project.lots.methods import METHODS, scaled_unit_cost
from dagster_project.lots.types import Matches, Method, Movement, Parcel, Picks, Pool, Slice

Offer = tuple[Parcel, int, int, str]  # a parcel, what may be taken, what is earmarked of that, basis


def match_movements(movements: Iterable[Movement]) -> tuple[Matches, dict[str, Pool]]:
    """Match the units that leave pools to the lots that lie there.

    Movements come in the declared order. The n-th, from 0, opens lot n if it acquires, or if it transfers
    units that its pool lacked. Returns the matches in that order, and the pools as they end.
    """
    pools: dict[str, Pool] = defaultdict(Pool)
    matches = Matches()
    for index, (kind, pool_id, to_pool_id, quantity, cost, reserved, method, picks) in enumerate(movements):
        pool = pools[pool_id]
        if kind == "acquire":
            put(pool, Slice(index, quantity, cost, scaled_unit_cost(cost, quantity), reserved))
            continue
        for number, taken in enumerate(take(pool, quantity, offers(pool, METHODS[method], picks)), 1):
            matches.add(index, number, taken)
            if to_pool_id is not None:
                put(pools[to_pool_id], taken if taken.lot is not None else taken._replace(lot=index))
    for pool in pools.values():
        spread_cost(pool)
    return matches, pools


def offers(pool: Pool, method: Method, picks: Picks | None) -> Iterator[Offer]:
    """Offer what a movement may take: the lots that it names, if its method honours names, then by rank."""
    if method.shares_cost != (pool.shared is not None):
        share_cost(pool) if method.shares_cost else spread_cost(pool)
    if picks and method.picked:
        return chain(named(pool, method, picks), ranked(pool, method))
    return ranked(pool, method)


def take(pool: Pool, wanted: int, offered: Iterable[Offer]) -> Iterator[Slice]:
    """Take up to `wanted` units from the parcels offered, in their order; what they lack is the shortfall."""
    for parcel, available, earmarked, basis in offered:
        quantity = available if available < wanted else wanted
        reserved = earmarked if earmarked < quantity else quantity
        parcel.reserved -= reserved
        if pool.shared is None or parcel.cost is None:
            cost, unit_cost = cut(parcel, quantity), parcel.unit_cost
        else:
            parcel.quantity_left -= quantity
            cost = cut(pool.shared, quantity)
            unit_cost = scaled_unit_cost(pool.shared.cost, pool.shared.quantity)
        if not parcel.quantity_left:
            del pool.parcels[parcel.lot]
        yield Slice(parcel.lot, quantity, cost, unit_cost, reserved, basis)
        wanted -= quantity
        if not wanted:
            return
    yield Slice(None, wanted, None, None, 0, "shortfall")


def named(pool: Pool, method: Method, picks: Picks) -> Iterator[Offer]:
    """Offer the lots that were named, earmarked units first; a lot that is not in the pool is passed over."""
    for lot, quantity in picks.items():
        if parcel := pool.parcels.get(lot):
            left = parcel.quantity_left
            yield parcel, left if quantity is None else min(quantity, left), parcel.reserved, method.picked


def ranked(pool: Pool, method: Method) -> Iterator[Offer]:
    """Offer what is not earmarked, least rank first."""
    rank, basis, _, _ = method
    if rank not in pool.queues:
        pool.queues[rank] = [(rank(parcel), lot) for lot, parcel in pool.parcels.items()]
        heapify(pool.queues[rank])
    queue = pool.queues[rank]
    while queue:
        place, lot = queue[0]
        parcel = pool.parcels.get(lot)
        # since it was queued a lot may have been used up by name, or have come back at an averaged unit cost
        if parcel is None or parcel.quantity_left == parcel.reserved or place != rank(parcel):
            heappop(queue)
        else:
            yield parcel, parcel.quantity_left - parcel.reserved, 0, basis


def put(pool: Pool, arriving: Slice) -> None:
    """Lay a slice into a pool, with what is there of its lot, so that no movement meets a lot twice."""
    lot, quantity, cost, unit_cost, reserved, _ = arriving
    parcel = Parcel(lot, quantity, cost, quantity, cost, unit_cost, reserved)
    if here := pool.parcels.get(lot):
        join(parcel, here.quantity_left, here.cost_left)
        parcel.reserved += here.reserved
        if unit_cost != here.unit_cost:  # one of the two was averaged on its way
            parcel.unit_cost = scaled_unit_cost(parcel.cost, parcel.quantity)
    pool.parcels[lot] = parcel
    if pool.shared is not None and cost is not None:
        join(pool.shared, quantity, cost)
    for rank, queue in pool.queues.items():
        heappush(queue, (rank(parcel), lot))


def join(parcel: Parcel, quantity: int, cost: int | None) -> None:
    """Add units to a parcel, whose ruler starts anew from what is left."""
    parcel.quantity = parcel.quantity_left = parcel.quantity_left + quantity
    if cost is not None:
        parcel.cost = parcel.cost_left = parcel.cost_left + cost


def cut(parcel: Parcel, quantity: int) -> int | None:
    """Cut the next units off a parcel and return their cost: the step on its ruler, marks rounded half up."""
    parcel.quantity_left -= quantity
    if parcel.cost is None:
        return None
    before, left = parcel.cost_left, 0
    if parcel.quantity_left:
        position = parcel.quantity - parcel.quantity_left
        left = parcel.cost - (2 * parcel.cost * position + parcel.quantity) // (2 * parcel.quantity)
    parcel.cost_left = left
    return before - left


def share_cost(pool: Pool) -> None:
    """Let all units of known cost have one cost together, from now on."""
    pool.shared = Parcel(None, 0, 0, 0, 0, None, 0)
    for parcel in pool.parcels.values():
        if parcel.cost is not None:
            join(pool.shared, parcel.quantity_left, parcel.cost_left)


def spread_cost(pool: Pool) -> None:
    """Give each lot a cost of its own again: its share, to the cent, of the cost they had together."""
    if pool.shared is None:
        return
    for _, parcel in sorted(pool.parcels.items()):
        if parcel.cost is not None:
            parcel.quantity = parcel.quantity_left
            parcel.cost = parcel.cost_left = cut(pool.shared, parcel.quantity_left)
            parcel.unit_cost = scaled_unit_cost(pool.shared.cost, pool.shared.quantity)
    pool.shared = None
    pool.queues.clear()
