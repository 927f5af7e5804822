"""Costs that do not divide: what is split adds up again to the cent, however small the parts."""

from fractions import Fraction
from itertools import pairwise

import pyarrow as pa
import pytest

from dagster_project.lots import METHODS, MOVEMENTS, PICKS, match
from tests.lots.ledgers import match_both

BITCOIN = 10**8  # satoshi
ETHER = 10**18  # wei
BUY = {"sequence": -1, "kind": "acquire", "pool_id": "a"}
SALE = {"kind": "dispose", "pool_id": "a"}


def costs_of_sales(
    quantity: int, cost: int, parts: list[int], method: str = "fifo", match=match_both
) -> list[int]:
    """Buy one lot, sell it in parts, and return what each part had cost."""
    sales = [SALE | {"sequence": n, "quantity": part, "method": method} for n, part in enumerate(parts)]
    rows = [BUY | {"quantity": quantity, "cost": cost}, *sales]
    matches, open_lots = match(pa.Table.from_pylist(rows, MOVEMENTS))
    assert open_lots.num_rows == 0
    assert matches["quantity"].to_pylist() == parts
    return [int(cents) for cents in matches["cost"].to_pylist()]


def parts_of(quantity: int, count: int) -> list[int]:
    """Cut a quantity into so many parts, as equal as whole units allow."""
    marks = [quantity * n // count for n in range(count + 1)]
    return [after - before for before, after in pairwise(marks)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [3, 7, 4_451])
def test_305_000_000_dollars_and_a_cent_are_split_without_remainder(count, method):
    """The bitcoin of February 2026, in 3, 7 and 4,451 parts: no part is more than a cent from any other."""
    costs = costs_of_sales(4_451 * BITCOIN, 305_000_000_01, parts_of(4_451 * BITCOIN, count), method)
    assert sum(costs) == 305_000_000_01
    assert max(costs) - min(costs) <= 1


def test_rounding_never_drifts():
    """A third of a cent a unit: rounded one by one, all slices would cost nothing."""
    units, cost = 10_000, 3_334
    costs, so_far = costs_of_sales(units, cost, [1] * units), 0
    for sold, cents in enumerate(costs, 1):
        so_far += cents
        assert abs(so_far - sold * Fraction(cost, units)) <= Fraction(1, 2)
    assert so_far == cost


def test_half_a_cent_is_rounded_up():
    assert costs_of_sales(2, 1, [1, 1]) == [1, 0]
    assert costs_of_sales(2, 3, [1, 1]) == [2, 1]


def test_all_ether_in_wei_is_as_exact_as_one_coin():
    supply, cost = 120_000_000 * ETHER + 1, 99_999_999_999_999_99
    parts = [1, ETHER, 120_000_000 * ETHER - ETHER - 7, 7]
    assert costs_of_sales(supply, cost, parts) == [0, 833_333_33, cost - 833_333_33, 0]


def test_quantities_of_38_digits_pass_in_and_out():
    most = 10**38 - 1
    assert costs_of_sales(most, most, [most - 1, 1], match=match) == [most - 1, 1]


def test_chunks_leave_no_seam():
    """A database hands over rows in chunks: here two rows each, with names that point across them."""
    rows = [BUY | {"sequence": n, "quantity": 2, "cost": 10 * n} for n in range(5)]
    rows.append(SALE | {"sequence": 5, "quantity": 3, "method": "specific"})
    names = [
        {"sequence": 5, "pick_no": 1, "lot_sequence": 3, "quantity": 1},
        {"sequence": 5, "pick_no": 2, "lot_sequence": 4, "quantity": None},
    ]
    tables = pa.Table.from_pylist(rows, MOVEMENTS), pa.Table.from_pylist(names, PICKS)
    whole = match_both(*tables)
    for size in (1, 2, 4):
        assert match_both(*(pa.Table.from_batches(table.to_batches(size)) for table in tables)) == whole
    assert whole.matches["cost"].to_pylist() == [15, 40]


def test_a_transfer_of_more_lots_than_expected_finds_room():
    """The engine makes room for a few lots a transfer, and begins anew with twice as much if need be."""
    rows = [BUY | {"sequence": n, "quantity": 1, "cost": n} for n in range(300)]
    move = {"kind": "transfer", "quantity": 300, "method": "fifo"}
    rows.append(move | {"sequence": 300, "pool_id": "a", "to_pool_id": "b"})
    rows.append(move | {"sequence": 301, "pool_id": "b", "to_pool_id": "c"})
    matched = match_both(pa.Table.from_pylist(rows, MOVEMENTS))
    assert matched.matches["cost"].to_pylist() == [*range(300), *range(300)]
    assert matched.open_lots["cost_left"].to_pylist() == [*range(300)]
