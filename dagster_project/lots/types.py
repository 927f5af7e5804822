"""The nouns of the engine. A lot is the number of the movement that opened it; an unknown cost is None."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

Picks = dict[int, int | None]  # lots named for a movement: quantity by lot, None for as much as is needed
Movement = tuple[  # units that arrive in a pool, leave it, or go from it to another one
    str,  # kind: acquire, dispose or transfer
    str,  # pool
    str | None,  # pool that a transfer goes to
    int,  # quantity
    int | None,  # cost of what is acquired
    int,  # reserved: how much of what is acquired is earmarked
    str | None,  # method in force
    Picks | None,
]


class Slice(NamedTuple):
    """Units of one lot on their way into or out of a pool; lot is None for those that the pool lacked."""

    lot: int | None
    quantity: int
    cost: int | None
    unit_cost: int | None  # scaled, see methods.scaled_unit_cost
    reserved: int  # how many of the units are earmarked
    basis: str | None = None  # why this lot


@dataclass(slots=True)
class Matches:
    """Slices that left pools, in columns: a million objects cost two seconds of garbage collection."""

    movements: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # 1, 2, ... within the movement
    lots: list[int | None] = field(default_factory=list)
    quantities: list[int] = field(default_factory=list)
    costs: list[int | None] = field(default_factory=list)
    bases: list[str] = field(default_factory=list)

    def add(self, movement: int, number: int, taken: Slice) -> None:
        """Append one match: the slice that a movement took."""
        self.movements.append(movement)
        self.numbers.append(number)
        self.lots.append(taken.lot)
        self.quantities.append(taken.quantity)
        self.costs.append(taken.cost)
        self.bases.append(taken.basis)


@dataclass(slots=True)
class Parcel:
    """What lies of one lot in one pool; `cost` over `quantity` is the ruler from which its slices are cut."""

    lot: int | None
    quantity: int
    cost: int | None
    quantity_left: int
    cost_left: int | None
    unit_cost: int | None
    reserved: int


Rank = Callable[[Parcel], int]


@dataclass(slots=True)
class Pool:
    """Units that are interchangeable: one parcel a lot, and one heap of (rank, lot) a rank in use."""

    parcels: dict[int, Parcel] = field(default_factory=dict)
    queues: dict[Rank, list[tuple[int, int]]] = field(default_factory=dict)
    shared: Parcel | None = None  # under `average`: the one cost of all parcels whose cost is known


class Method(NamedTuple):
    """A policy: which parcel leaves first, and what its matches are called."""

    rank: Rank  # the least leaves first; where ranks are equal, the older lot
    basis: str  # of what was matched by rank
    picked: str | None = None  # of what was matched because it was named; None: names are not honoured
    shares_cost: bool = False
