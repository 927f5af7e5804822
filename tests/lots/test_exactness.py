"""Costs that do not divide: what is split adds up again to the cent, however small the parts."""

from fractions import Fraction
from itertools import pairwise

import pyarrow as pa
import pytest

from dagster_project.lots import METHODS, MOVEMENTS, columns, match

BITCOIN = 10**8  # satoshi
ETHER = 10**18  # wei


def costs_of_sales(quantity: int, cost: int, parts: list[int], method: str = "fifo") -> list[int]:
    """Buy one lot, sell it in parts, and return what each part had cost."""
    buy = {"movement_id": "buy", "sequence": -1, "kind": "acquire", "pool_id": "a", "quantity": quantity}
    sale = {"kind": "dispose", "pool_id": "a", "method": method}
    sales = [
        sale | {"movement_id": f"sale {n}", "sequence": n, "quantity": part} for n, part in enumerate(parts)
    ]
    matches, open_lots = match(pa.Table.from_pylist([buy | {"cost": cost}, *sales], MOVEMENTS))
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


def test_batches_leave_no_seam(monkeypatch):
    """Rows become Python objects a batch at a time: here two, with names that point across batches."""
    row = {"kind": "acquire", "pool_id": "a", "quantity": 2}
    lots = [row | {"movement_id": f"lot {n}", "sequence": n, "cost": 10 * n} for n in range(5)]
    sale = row | {
        "movement_id": "sale",
        "sequence": 5,
        "kind": "dispose",
        "quantity": 3,
        "method": "specific",
    }
    sale["lot_picks"] = [{"lot_id": "lot 3", "quantity": 1}, {"lot_id": "lot 4", "quantity": None}]
    movements = pa.Table.from_pylist([*lots, sale], MOVEMENTS)
    whole = match(movements)
    monkeypatch.setattr(columns, "BATCH_ROWS", 2)
    assert match(movements) == whole
    assert whole.matches["cost"].to_pylist() == [15, 40]


def test_quantities_of_38_digits_pass_in_and_out():
    most = 10**38 - 1
    assert costs_of_sales(most, most, [most - 1, 1]) == [most - 1, 1]
