"""Movements in, matches out: the one place where units leave lots."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from heapq import heapify, heappop, heappush

from dagster_project.lots.methods import METHODS
from dagster_project.lots.types import Match, Movement, Parcel, Pool, Rank, Slice

Offers = Iterator[tuple[Parcel, int, int]]  # a parcel, how much of it may be taken, how much earmarked of that


def match_movements(movements: Iterable[Movement]) -> tuple[list[Match], dict[str, Pool]]:
    """Match the units that leave pools to the lots that lie there.

    Movements come in the declared order. The n-th, from 0, opens lot n if it acquires, or if it transfers units that
    its pool lacked. Returns the matches in the order of their movements, and the pools as they are in the end.
    """
    pools: dict[str, Pool] = defaultdict(Pool)
    matches = []
    for index, movement in enumerate(movements):
        pool = pools[movement.pool]
        if movement.kind == "acquire":
            price = None if movement.cost is None else (movement.cost, movement.quantity)
            put(pool, Slice(index, movement.quantity, movement.cost, price, movement.reserved))
            continue
        for number, taken in enumerate(release(pool, movement), 1):
            matches.append(Match(index, number, taken.lot, taken.quantity, taken.cost, taken.basis))
            if movement.to_pool is not None:
                put(pools[movement.to_pool], taken if taken.lot is not None else taken._replace(lot=index))
    for pool in pools.values():
        spread_cost(pool)
    return matches, pools


def release(pool: Pool, movement: Movement) -> Iterator[Slice]:
    """Take a movement's units out of its pool: first what was named, then by rank, then as a shortfall."""
    method = METHODS[movement.method]
    if method.shares_cost:
        share_cost(pool)
    else:
        spread_cost(pool)
    missing = movement.quantity
    if method.picked and movement.picks:
        missing = yield from take(pool, missing, named(pool, movement.picks), method.picked)
    if missing:
        missing = yield from take(pool, missing, ranked(pool, method.rank), method.basis)
    if missing:
        yield Slice(None, missing, None, None, 0, "shortfall")


def take(pool: Pool, wanted: int, offers: Offers, basis: str) -> Generator[Slice, None, int]:
    """Take up to `wanted` units from the parcels offered, in their order; return how many are still missing."""
    for parcel, available, earmarked in offers:
        quantity = min(wanted, available)
        cost, price = draw(pool, parcel, quantity)
        reserved = min(quantity, earmarked)
        parcel.reserved -= reserved
        if not parcel.quantity_left:
            del pool.parcels[parcel.lot]
        yield Slice(parcel.lot, quantity, cost, price, reserved, basis)
        wanted -= quantity
        if not wanted:
            break
    return wanted


def named(pool: Pool, picks: dict[int, int | None]) -> Offers:
    """Offer the lots that were named, earmarked units first; a lot that does not lie in the pool is passed over."""
    for lot, quantity in picks.items():
        if parcel := pool.parcels.get(lot):
            left = parcel.quantity_left
            yield parcel, left if quantity is None else min(quantity, left), parcel.reserved


def ranked(pool: Pool, rank: Rank) -> Offers:
    """Offer what is not earmarked, least rank first."""
    if rank not in pool.queues:
        pool.queues[rank] = [(rank(parcel), lot) for lot, parcel in pool.parcels.items()]
        heapify(pool.queues[rank])
    queue = pool.queues[rank]
    while queue:
        place, lot = queue[0]
        parcel = pool.parcels.get(lot)
        # since it was queued, a lot may have been used up by name, or have left and come back at an averaged cost
        if parcel is None or parcel.quantity_left == parcel.reserved or place != rank(parcel):
            heappop(queue)
        else:
            yield parcel, parcel.quantity_left - parcel.reserved, 0


def put(pool: Pool, arriving: Slice) -> None:
    """Lay a slice into a pool: one parcel a lot, so that a movement meets no lot twice."""
    lot, quantity, cost, price, reserved, _ = arriving
    parcel = pool.parcels.get(lot)
    if parcel is None:
        parcel = pool.parcels[lot] = Parcel(lot, quantity, cost, quantity, cost, price, reserved)
    else:
        join(parcel, quantity, cost)
        parcel.reserved += reserved
        if price != parcel.price:  # one of the two was averaged on its way
            parcel.price = (parcel.cost, parcel.quantity)
    if pool.shared is not None and cost is not None:
        join(pool.shared, quantity, cost)
    for rank, queue in pool.queues.items():
        heappush(queue, (rank(parcel), lot))


def join(parcel: Parcel, quantity: int, cost: int | None) -> None:
    """Add units to a parcel, whose ruler starts anew from what is left."""
    parcel.quantity = parcel.quantity_left = parcel.quantity_left + quantity
    if cost is not None:
        parcel.cost = parcel.cost_left = parcel.cost_left + cost


def draw(pool: Pool, parcel: Parcel, quantity: int) -> tuple[int | None, tuple[int, int] | None]:
    """Take units off a parcel; return their cost and unit cost, which are the pool's where costs are shared."""
    if pool.shared is None or parcel.cost is None:
        return cut(parcel, quantity), parcel.price
    parcel.quantity_left -= quantity
    return cut(pool.shared, quantity), (pool.shared.cost, pool.shared.quantity)


def cut(parcel: Parcel, quantity: int) -> int | None:
    """Cut the next units off a parcel; return their cost, the step between two marks of its ruler, rounded half up."""
    parcel.quantity_left -= quantity
    if parcel.cost is None:
        return None
    position = parcel.quantity - parcel.quantity_left
    left = parcel.cost - (2 * parcel.cost * position + parcel.quantity) // (2 * parcel.quantity)
    cost = parcel.cost_left - left
    parcel.cost_left = left
    return cost


def share_cost(pool: Pool) -> None:
    """From now on all units of known cost have one cost together."""
    if pool.shared is None:
        pool.shared = Parcel(None, 0, 0, 0, 0, None, 0)
        for parcel in pool.parcels.values():
            if parcel.cost is not None:
                join(pool.shared, parcel.quantity_left, parcel.cost_left)


def spread_cost(pool: Pool) -> None:
    """From now on each lot has a cost of its own again: its share, to the cent, of the cost they had together."""
    if pool.shared is None:
        return
    price = (pool.shared.cost, pool.shared.quantity)
    for _, parcel in sorted(pool.parcels.items()):
        if parcel.cost is not None:
            parcel.quantity = parcel.quantity_left
            parcel.cost = parcel.cost_left = cut(pool.shared, parcel.quantity_left)
            parcel.price = price
    pool.shared = None
    pool.queues.clear()
