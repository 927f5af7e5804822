"""The nouns of the engine. Quantities and costs are integers, an unknown cost is None, a lot is the number of its movement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Movement(NamedTuple):
    """Units that arrive in a pool, leave it, or go from it to another one."""

    kind: str
    pool: str
    to_pool: str | None
    quantity: int
    cost: int | None
    reserved: int
    method: str | None
    picks: dict[int, int | None] | None  # quantity by lot; None: as much as is needed


class Slice(NamedTuple):
    """Units of one lot on their way into or out of a pool; lot is None for those that the pool lacked."""

    lot: int | None
    quantity: int
    cost: int | None
    price: tuple[int, int] | None  # the unit cost as a quotient: cost, quantity
    reserved: int  # how many of the units are earmarked
    basis: str | None = None  # why this lot


class Match(NamedTuple):
    """A slice that left a pool, and the movement that took it."""

    movement: int
    number: int  # 1, 2, ... within the movement
    lot: int | None
    quantity: int
    cost: int | None
    basis: str


@dataclass(slots=True)
class Parcel:
    """What lies of one lot in one pool. `cost` over `quantity` is the ruler that its slices are cut from."""

    lot: int | None
    quantity: int
    cost: int | None
    quantity_left: int
    cost_left: int | None
    price: tuple[int, int] | None
    reserved: int


Rank = Callable[[Parcel], int | float]


@dataclass(slots=True)
class Pool:
    """Units that are interchangeable: one parcel a lot, a heap of (rank, lot) for each rank in use."""

    parcels: dict[int, Parcel] = field(default_factory=dict)
    queues: dict[Rank, list[tuple[int | float, int]]] = field(default_factory=dict)
    shared: Parcel | None = None  # under `average`: the one cost of all parcels whose cost is known


class Method(NamedTuple):
    """A policy: which parcel leaves first, what its matches are called, and whether named lots are honoured."""

    rank: Rank  # the least leaves first; where ranks are equal, the older lot
    basis: str  # of what was matched by rank
    picked: str | None = None  # of what was matched by name; None: names are not honoured
    shares_cost: bool = False
