"""Movements in, matches out: the one place where units leave lots.

The loop runs as it stands, and compiled (see `compiled`): it knows numbers, columns and records, no more.
"""

from dagster_project.lots.methods import (
    BASES,
    BASIS_OF,
    KINDS,
    OLDEST,
    ORDER_OF,
    PICKED_OF,
    SHARES_COST,
    SHORTFALL,
)
from dagster_project.lots.numbers import NONE, UNKNOWN, compared, least, load, share, store, wide
from dagster_project.lots.queue import dequeue, enqueue, first_of, park, queue_all
from dagster_project.lots.types import Column, Matches, Movements, Parcel, Picks, Pool

ACQUIRE, TRANSFER, ABSORB = (KINDS.index(kind) for kind in ("acquire", "transfer", "absorb"))
LACKING = BASES.index(SHORTFALL)


def match_in_order(
    movements: Movements,
    picks: Picks,
    pools: list[Pool],
    parcels: list[Parcel],
    newest_of_lot: Column,
    matches: Matches,
) -> tuple[int, int]:
    """Match the units that leave pools to the lots that lie there; return how many matches and parcels.

    Movements come in the declared order. The n-th, from 0, opens lot n if it acquires, or if it transfers
    units that its pool lacked. `pools`, `parcels` and `newest_of_lot` (NONE for each lot) are as new;
    `parcels` and `matches` are filled from their start on; the first parcel is the hand that holds units on
    their way. Returns (NONE, NONE) when either has too little room.
    """
    hand, held, matched = parcels[0], 1, 0
    hand.pool = hand.next_of_lot = NONE
    for movement in range(len(movements.kind)):
        kind, place = movements.kind[movement], movements.pool[movement]
        wanted = load(movements.quantity[movement])
        if held + 2 > len(parcels):
            return NONE, NONE
        if kind == ACQUIRE:
            pick_up(hand, movement, wanted, movements.cost[movement], load(movements.reserved[movement]))
            held = put(parcels, held, pools[place], place, newest_of_lot)
            continue
        method, pool, began = movements.method[movement], pools[place], matched
        held = prepare(parcels, held, pool, method)
        pick, last_pick = picks.start[movement], picks.start[movement + 1]
        while wanted > 0:
            if held + 2 > len(parcels) or matched == len(matches.movement):
                return NONE, NONE
            if pick < last_pick and PICKED_OF[method] != NONE:
                number, basis = parcel_of(parcels, newest_of_lot, picks.lot[pick], place), PICKED_OF[method]
                part = take_named(parcels, pool, number, wanted, load(picks.quantity[pick]))
                pick += 1
                if part == 0:
                    continue
            else:
                part = take_ranked(parcels, pool, wanted, movement, newest_of_lot)
                basis = LACKING if hand.lot == movement else BASIS_OF[method]
            wanted = wanted - part
            matches.movement[matched] = movement
            matches.number[matched] = matched - began + 1
            matches.lot[matched] = NONE if hand.lot == movement else hand.lot
            store(matches.quantity[matched], part)
            matches.cost[matched] = hand.cost
            matches.basis[matched] = basis
            matched += 1
            if kind == TRANSFER:
                to_place = movements.to_pool[movement]
                held = put(parcels, held, pools[to_place], to_place, newest_of_lot)
        if kind == ABSORB:
            absorb(parcels, pool, newest_of_lot, matches.cost, began, matched)
    for place in range(len(pools)):
        spread_cost(parcels, pools[place])
    return matched, held


def pick_up(hand: Parcel, lot: int, quantity: int, cost: int, reserved: int) -> None:
    """Take units of a new lot into the hand; they rank by what they cost."""
    hand.lot = lot
    lay_out(hand, quantity, cost)
    store(hand.reserved, reserved)
    hand.unit_cost = cost
    store(hand.unit_quantity, quantity)


def take_named(parcels: list[Parcel], pool: Pool, number: int, wanted: int, limit: int) -> int:
    """Take units of a lot that was named, earmarked ones first, up to a limit (0: none); return how many."""
    if number == NONE:
        return wide(0)
    parcel = parcels[number]
    part = least(wanted, load(parcel.quantity_left))
    if limit > 0:
        part = least(part, limit)
    if part > 0:
        take(parcels, pool, number, part, least(part, load(parcel.reserved)))
    return part


def take_ranked(parcels: list[Parcel], pool: Pool, wanted: int, movement: int, newest_of_lot: Column) -> int:
    """Take free units of the lot that leaves next; return how many.

    Where there is none, what the pool lacks is in the hand as a new lot of unknown cost.
    """
    number, part = head_of(parcels, pool, newest_of_lot), wanted
    if number == NONE:
        pick_up(parcels[0], movement, part, UNKNOWN, wide(0))
    else:
        part = least(part, load(parcels[number].quantity_left) - load(parcels[number].reserved))
        take(parcels, pool, number, part, wide(0))
    return part


def head_of(parcels: list[Parcel], pool: Pool, newest_of_lot: Column) -> int:
    """Return the parcel that leaves next, or NONE; those of which nothing is free leave the queue."""
    number = first_of(parcels, pool)
    while number != NONE and load(parcels[number].quantity_left) <= load(parcels[number].reserved):
        dequeue(parcels, pool)
        if load(parcels[number].quantity_left) > 0:
            park(parcels, pool, number)
        elif not parcels[number].is_parked:
            give_up(parcels, number, newest_of_lot)
        number = first_of(parcels, pool)
    return number


def give_up(parcels: list[Parcel], number: int, newest_of_lot: Column) -> None:
    """Let another parcel have the place of an empty one; the hand links all places that are free."""
    hand, parcel = parcels[0], parcels[number]
    if newest_of_lot[parcel.lot] == number:
        newest_of_lot[parcel.lot] = parcel.next_of_lot
    else:
        newer = parcels[newest_of_lot[parcel.lot]]
        while newer.next_of_lot != number:
            newer = parcels[newer.next_of_lot]
        newer.next_of_lot = parcel.next_of_lot
    parcel.next_of_lot, hand.next_of_lot = hand.next_of_lot, number


def take(parcels: list[Parcel], pool: Pool, number: int, quantity: int, earmarked: int) -> None:
    """Take units of a parcel, some of them earmarked, into the hand; they keep their rank."""
    hand, parcel = parcels[0], parcels[number]
    payer = parcel
    if pool.shared != NONE and parcel.cost != UNKNOWN:
        payer = parcels[pool.shared]
        store(parcel.quantity_left, load(parcel.quantity_left) - quantity)
    hand.lot = parcel.lot
    lay_out(hand, quantity, cut(payer, quantity))
    store(hand.reserved, earmarked)
    store(parcel.reserved, load(parcel.reserved) - earmarked)
    hand.unit_cost = payer.unit_cost
    store(hand.unit_quantity, load(payer.unit_quantity))


def parcel_of(parcels: list[Parcel], newest_of_lot: Column, lot: int, place: int) -> int:
    """Return the parcel of a lot in a pool, which may be empty, or NONE."""
    number = newest_of_lot[lot]
    while number != NONE and parcels[number].pool != place:
        number = parcels[number].next_of_lot
    return number


def put(parcels: list[Parcel], held: int, pool: Pool, place: int, newest_of_lot: Column) -> int:
    """Put what is in the hand into a pool, with what is there of its lot, so that no movement meets it twice.

    Returns how many parcels there are now.
    """
    hand = parcels[0]
    if pool.shared != NONE and hand.cost != UNKNOWN:
        join(parcels[pool.shared], load(hand.quantity), hand.cost)
    number = parcel_of(parcels, newest_of_lot, hand.lot, place)
    if number != NONE:
        number = merge(hand, parcels, pool, number)
    if number == NONE:
        number, held = next_place(hand, parcels, held)
        new = parcels[number]
        new.lot, new.pool, new.is_queued, new.is_parked = hand.lot, place, 0, 0
        new.next_of_lot, newest_of_lot[hand.lot] = newest_of_lot[hand.lot], number
    parcel = parcels[number]
    lay_out(parcel, load(hand.quantity), hand.cost)
    store(parcel.reserved, load(hand.reserved))
    parcel.unit_cost = hand.unit_cost
    store(parcel.unit_quantity, load(hand.unit_quantity))
    if not parcel.is_queued:
        enqueue(parcels, pool, number)
    return held


def next_place(hand: Parcel, parcels: list[Parcel], held: int) -> tuple[int, int]:
    """Return a place for a new parcel, a free one if there is any, and how many places are taken now."""
    number = hand.next_of_lot
    if number == NONE:
        return held, held + 1
    hand.next_of_lot = parcels[number].next_of_lot
    return number, held


def merge(hand: Parcel, parcels: list[Parcel], pool: Pool, number: int) -> int:
    """Take what is left in a parcel of the same lot into the hand, too.

    Returns the parcel for all of it, or NONE where that one waits at a rank which is no longer its own.
    """
    parcel = parcels[number]
    is_ranked_alike = (
        hand.cost == UNKNOWN
        or compared(parcel.unit_cost, load(parcel.unit_quantity), hand.unit_cost, load(hand.unit_quantity))
        == 0
    )
    left = load(parcel.quantity_left)
    if left > 0:
        cost = hand.cost
        if cost != UNKNOWN and pool.shared == NONE:  # a shared cost is kept elsewhere
            cost += parcel.cost_left
        lay_out(hand, load(hand.quantity) + left, cost)
        store(hand.reserved, load(hand.reserved) + load(parcel.reserved))
        if not is_ranked_alike:  # one of the two was averaged on its way
            hand.unit_cost = cost
            store(hand.unit_quantity, load(hand.quantity))
    if is_ranked_alike or not parcel.is_queued:
        return number
    parcel.pool = NONE
    store(parcel.quantity_left, wide(0))
    return NONE


def lay_out(parcel: Parcel, quantity: int, cost: int) -> None:
    """Give a parcel so many units at one cost, and a ruler that starts there."""
    store(parcel.quantity, quantity)
    store(parcel.quantity_left, quantity)
    parcel.cost = parcel.cost_left = cost


def join(parcel: Parcel, quantity: int, cost: int) -> None:
    """Add units and cost to a parcel, which ranks by what it now costs."""
    lay_out(parcel, load(parcel.quantity_left) + quantity, parcel.cost_left + cost)
    parcel.unit_cost = parcel.cost
    store(parcel.unit_quantity, load(parcel.quantity))


def cut(parcel: Parcel, quantity: int) -> int:
    """Cut the next units off a parcel and return their cost: the step on its ruler, marks rounded half up."""
    left = load(parcel.quantity_left) - quantity
    store(parcel.quantity_left, left)
    if parcel.cost == UNKNOWN:
        return UNKNOWN
    before, after = parcel.cost_left, 0
    if left > 0:
        whole = load(parcel.quantity)
        after = parcel.cost - share(parcel.cost, whole - left, whole)
    parcel.cost_left = after
    return before - after


def absorb(
    parcels: list[Parcel], pool: Pool, newest_of_lot: Column, costs: Column, began: int, ended: int
) -> None:
    """Leave the cost of what a movement took (matches from `began` on) to the units that leave next.

    Where there are none, or nobody knows what they cost, it goes with the units that left.
    """
    number = pool.shared if pool.shared != NONE else head_of(parcels, pool, newest_of_lot)
    if number == NONE or parcels[number].cost == UNKNOWN or load(parcels[number].quantity_left) == 0:
        return
    cost = 0
    for match in range(began, ended):
        if costs[match] != UNKNOWN:
            cost += costs[match]
            costs[match] = 0
    if cost == 0:
        return
    if pool.shared == NONE:
        dequeue(parcels, pool)
    join(parcels[number], wide(0), cost)
    if pool.shared == NONE:
        enqueue(parcels, pool, number)


def prepare(parcels: list[Parcel], held: int, pool: Pool, method: int) -> int:
    """Make a pool ready for a method: its parcels queued in that order, their cost shared or not.

    Returns how many parcels there are now.
    """
    if pool.shared != NONE and not SHARES_COST[method]:
        spread_cost(parcels, pool)
    if pool.shared == NONE and SHARES_COST[method]:
        share_cost(parcels, pool, held)
        held += 1
    if pool.order != ORDER_OF[method]:
        queue_all(parcels, pool, ORDER_OF[method])
    return held


def share_cost(parcels: list[Parcel], pool: Pool, shared: int) -> None:
    """Let all units of known cost have one cost together, from now on: that of the parcel `shared`.

    The units are parked, to be queued again.
    """
    parcels[shared].pool = NONE
    lay_out(parcels[shared], wide(0), 0)
    queue_all(parcels, pool, OLDEST)
    while first_of(parcels, pool) != NONE:
        number = dequeue(parcels, pool)
        parcel = parcels[number]
        if parcel.cost != UNKNOWN:
            join(parcels[shared], load(parcel.quantity_left), parcel.cost_left)
        park(parcels, pool, number)
    pool.shared, pool.order = shared, NONE


def spread_cost(parcels: list[Parcel], pool: Pool) -> None:
    """Give each lot its own cost again: its share, to the cent, of the cost they had together.

    The units are parked, to be queued again.
    """
    if pool.shared == NONE:
        return
    shared = parcels[pool.shared]
    queue_all(parcels, pool, OLDEST)
    while first_of(parcels, pool) != NONE:
        number = dequeue(parcels, pool)
        parcel = parcels[number]
        if parcel.cost != UNKNOWN:
            left = load(parcel.quantity_left)
            lay_out(parcel, left, cut(shared, left))
            parcel.unit_cost = shared.unit_cost
            store(parcel.unit_quantity, load(shared.unit_quantity))
        park(parcels, pool, number)
    pool.shared = pool.order = NONE
