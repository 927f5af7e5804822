"""The nouns of the engine.

A movement is the number of its row in the declared order, and so is a lot, by the movement that opened it.
Lists of records hold the state: objects here, rows of a structured array in the compiled loop.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from dagster_project.lots.numbers import NONE, Box, Row

Column = list  # of integers or boxes; for the compiled loop an array


class Movements(NamedTuple):
    """Units that arrive in a pool, leave it, or go from it to another one: columns in the declared order."""

    kind: Column  # a place in KINDS
    pool: Column
    to_pool: Column  # of a transfer, else NONE
    quantity: Column  # boxes
    cost: Column  # of what is acquired; UNKNOWN
    reserved: Column  # boxes: how much of what is acquired is earmarked
    method: Column  # a place in METHODS, NONE for what is acquired


class Picks(NamedTuple):
    """Lots that were named: columns; those of movement m are from start[m] on, up to start[m + 1]."""

    start: Column
    lot: Column
    quantity: Column  # boxes: 0 for as much as is needed


class Matches(NamedTuple):
    """Units that left a pool, a lot at a time: columns with room for more than there are."""

    movement: Column
    number: Column  # 1, 2, ... within the movement
    lot: Column  # NONE for what the pool lacked
    quantity: Column  # boxes
    cost: Column  # UNKNOWN
    basis: Column  # a place in BASES: why this lot


class OpenLots(NamedTuple):
    """What is left in the pools, a lot at a time: columns."""

    pool: Column
    lot: Column
    quantity: Column  # wide
    cost: Column  # UNKNOWN


def box() -> Box:
    """Make room for a quantity."""
    return [0]


@dataclass(slots=True)
class Parcel:
    """What one pool holds of one lot. `cost` over `quantity` is the ruler from which its slices are cut.

    `unit_cost` over `unit_quantity` is what it ranks by: the lot's own unit cost, whatever its parts were
    rounded to on their way, until an average gives it another one.
    """

    key: float = 0.0  # what ranks it in its queue
    first_below: Row = NONE  # links of the queue
    next_beside: Row = NONE
    lot: Row = NONE
    pool: Row = NONE  # NONE, too, for a sum of others, and once another parcel has taken its place
    next_of_lot: Row = NONE  # links of all that hold units of a lot
    next_parked: Row = NONE  # and of all that are parked in a pool
    quantity_left: Box = field(default_factory=box)
    reserved: Box = field(default_factory=box)
    # Compiled, what its queue asks ends here: it is one line of a processor's cache, and the rest another.
    quantity: Box = field(default_factory=box)
    cost: int = 0
    cost_left: int = 0
    unit_cost: int = 0
    unit_quantity: Box = field(default_factory=box)
    is_queued: Row = 0
    is_parked: Row = 0


@dataclass(slots=True)
class Pool:
    """Units that are interchangeable."""

    order: Row = NONE  # in which they were last taken, a place in ORDERS; NONE before that
    first: Row = NONE  # the parcels that head and end the line of its queue, and the top of its heap
    last: Row = NONE
    heap: Row = NONE
    parked: Row = NONE  # the first of the parcels that left the queue with earmarked units
    shared: Row = NONE  # under `average` the parcel that is the sum of all others whose cost is known
