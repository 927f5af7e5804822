"""The compiled loop's own arithmetic and its largest numbers, against plain Python."""

import math
import random
from collections.abc import Callable
from fractions import Fraction
from threading import Thread

import numpy as np
from numba import njit

from dagster_project.lots import compiled, numbers  # noqa: F401 (compiled gives numba the twins)
from dagster_project.lots.numbers import MOST_CENTS, MOST_UNITS

CASES = 20_000


@njit(nogil=True)
def shares(costs, parts, wholes, found):
    for row in range(len(found)):
        found[row] = numbers.share(costs[row], numbers.load(parts[row]), numbers.load(wholes[row]))


@njit(nogil=True)
def comparisons(costs, quantities, other_costs, other_quantities, found):
    for row in range(len(found)):
        one, other = numbers.load(quantities[row]), numbers.load(other_quantities[row])
        found[row] = numbers.compared(costs[row], one, other_costs[row], other)


@njit(nogil=True)
def ratios(costs, quantities, found):
    for row in range(len(found)):
        found[row] = numbers.ratio(costs[row], numbers.load(quantities[row]))


def run(function: Callable, kinds: str, cases: list[tuple[int, ...]], type_: type = np.int64) -> list:
    """Run a compiled function over cases whose numbers are, in turn, words (w) or quantities (q).

    `share` mends an estimate until it is right: if it never is, that is a failure after a minute.
    """
    columns = [
        np.array(column)
        if kind == "w"
        else np.array([(n % 2**64, n >> 64) for n in column], np.uint64).view(np.int64)
        for kind, column in zip(kinds, zip(*cases, strict=True), strict=True)
    ]
    found = np.empty(len(cases), type_)
    thread = Thread(target=function, args=(*columns, found), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    return found.tolist()


def some(dice: random.Random, most: int) -> int:
    """Draw a positive number below the most: of any length, next to a power of two, or among the largest."""
    number = dice.choice(
        (
            dice.randrange(2 ** dice.randrange(1, most.bit_length())),
            2 ** dice.randrange(most.bit_length()) + dice.randrange(-2, 3),
            most - dice.randrange(1, 4),
        )
    )
    return min(max(number, 1), most - 1)


def some_share(dice: random.Random) -> tuple[int, int, int]:
    """Draw a cost, a part and a whole: every other share is as near to a whole or half a cent as can be."""
    cost, whole = some(dice, MOST_CENTS), some(dice, MOST_UNITS)
    part = dice.choice((0, whole, some(dice, whole + 1), dice.randrange(whole + 1)))
    if dice.random() < 0.5 and math.gcd(cost, whole) == 1:
        rest = dice.choice((0, whole // 2)) + dice.randrange(-2, 3)  # of cost * part / whole
        part = rest * pow(cost, -1, whole) % whole
    return cost, part, whole


def some_pair(dice: random.Random) -> tuple[int, int, int, int]:
    """Draw two unit costs: any, equal, one unit or cent from equal, or as near as such fractions can be."""
    cost, quantity = some(dice, MOST_CENTS // 2), some(dice, MOST_UNITS // 2)
    if dice.random() < 0.3:
        return cost, quantity, some(dice, MOST_CENTS // 2), some(dice, MOST_UNITS // 2)
    if dice.random() < 0.5 and math.gcd(cost, quantity) == 1 < quantity:
        other_quantity = pow(cost, -1, quantity)  # so that the difference of the products is 1
        return cost, quantity, cost * other_quantity // quantity, other_quantity
    times = dice.randrange(1, 1000)
    cost, quantity = cost // times, max(quantity // times, 1)
    cents, units = dice.choice(((0, 0), (0, 1), (1, 0), (1, 1)))
    return cost, quantity, cost * times + cents, quantity * times + units


def test_a_share_is_what_plain_python_makes_it():
    dice = random.Random(1)
    cases = [some_share(dice) for _ in range(CASES)]
    assert run(shares, "wqq", cases) == [numbers.share(*case) for case in cases]


def test_unit_costs_are_compared_as_plain_python_compares_them():
    dice = random.Random(2)
    cases = [some_pair(dice) for _ in range(CASES)]
    cases += [(*other, *one) for *one, other in ((case[0], case[1], case[2:]) for case in cases)]
    expected = [numbers.compared(*case) for case in cases]
    assert run(comparisons, "wqwq", cases) == expected
    assert min(map(expected.count, (-1, 0, 1))) > CASES // 10


def test_a_ratio_is_off_by_no_more_than_four_units_of_the_last_place():
    dice = random.Random(3)
    cases = [(some(dice, MOST_CENTS), some(dice, MOST_UNITS)) for _ in range(CASES)]
    for case, found in zip(cases, run(ratios, "wq", cases, np.float64), strict=True):
        assert abs(Fraction(found) - Fraction(*case)) <= 4 * Fraction(math.ulp(found))
