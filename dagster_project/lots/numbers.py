"""The engine's numbers, in plain Python; `compiled` gives each function here a twin for machine words.

Quantities are *wide*: Python's integers here, 128 bits there. Records and columns keep them in boxes, since
no array of numbers is that wide. Costs, numbers of rows and codes fit 64 bits there.
"""

from typing import NewType

UNKNOWN = -1  # a cost that nobody knows
NONE = -1  # no lot, no parcel, no pool
NEAR = 2.0**-49  # ratios that differ by less, relative to their size, must be compared exactly
MOST_UNITS = 2**113  # While all units of a ledger together are fewer than this, and their cost is less than
MOST_CENTS = 2**61  # that, nothing overflows 128 bits: the largest numbers are the rest in `compiled.share`
# (twice the units, times 2**12 for the error of its estimate) and the difference in `compiled.compared`
# (units times cents, times 2**-48).

Box = list[int]  # one quantity; compiled, its two words
Row = NewType("Row", int)  # the place of a record among its kind; compiled, 32 bits


def load(box: Box) -> int:
    """Read a quantity."""
    return box[0]


def store(box: Box, quantity: int) -> None:
    """Write a quantity."""
    box[0] = quantity


def wide(number: int) -> int:
    """Make a quantity of an integer."""
    return number


def least(one: int, other: int) -> int:
    """Return the smaller of two quantities."""
    return one if one < other else other


def ratio(cost: int, quantity: int) -> float:
    """Return cost / quantity, within four units of a float's last place."""
    return cost / quantity


def share(cost: int, part: int, whole: int) -> int:
    """Return cost * part / whole, rounded half up; 0 <= part <= whole."""
    return (2 * cost * part + whole) // (2 * whole)


def compared(cost: int, quantity: int, other_cost: int, other_quantity: int) -> int:
    """Compare two unit costs exactly: 1 if the first is dearer, -1 if it is cheaper, 0 if they are equal."""
    difference = cost * other_quantity - other_cost * quantity
    return (difference > 0) - (difference < 0)
