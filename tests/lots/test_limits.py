"""Ledgers as large as the compiled loop can hold, and which loop runs: never the compiled one beyond that."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.lots import METHODS, MOVEMENTS, columns, compiled, match, plain
from dagster_project.lots.numbers import MOST_CENTS, MOST_UNITS
from tests.lots.laws import LAWS, books_of
from tests.lots.ledgers import Ledger, match_both

thorough = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
BUY = {"sequence": 1, "kind": "acquire", "pool_id": "a", "quantity": 5, "cost": 100}
SELL = {"sequence": 2, "kind": "dispose", "pool_id": "a", "quantity": 2, "method": "fifo"}


@st.composite
def parts_of(draw, total: int, count: int) -> list[int]:
    """Cut a total into positive parts: as equal as can be but for a few units, or anywhere."""
    if draw(st.booleans()):
        parts = [total // count + draw(st.integers(-2, 2)) for _ in range(count - 1)]
        return [*parts, total - sum(parts)]
    marks = sorted(draw(st.sets(st.integers(1, total - 1), min_size=count - 1, max_size=count - 1)))
    return [after - before for before, after in pairwise([0, *marks, total])]


@st.composite
def full_ledgers(draw) -> Ledger:
    """Draw ledgers of two pools whose quantities, and costs, together are just below the limit."""
    lots, uses = draw(st.integers(2, 8)), draw(st.integers(1, 8))
    quantities = draw(parts_of(MOST_UNITS - 1, lots + uses))
    rows = []
    for cost in draw(parts_of(MOST_CENTS - 1, lots)):
        rows.append({"kind": "acquire", "pool_id": draw(st.sampled_from("aab")), "cost": cost})
    for _ in range(uses):
        use = {"kind": draw(st.sampled_from(("dispose", "transfer", "absorb"))), "pool_id": "a", "cost": None}
        use["method"] = draw(st.sampled_from(tuple(METHODS)))
        rows.append(use | ({"to_pool_id": "b"} if use["kind"] == "transfer" else {}))
    blank = dict.fromkeys(MOVEMENTS.names)
    order = draw(st.permutations(rows))
    numbered = zip(order, quantities, strict=True)
    return Ledger([blank | row | {"sequence": n, "quantity": q} for n, (row, q) in enumerate(numbered)], {})


@given(full_ledgers())
@thorough
def test_both_loops_agree_up_to_the_limit(ledger):
    books = books_of(ledger, match_both(*ledger.tables()))
    for law in LAWS:
        law(books)


@pytest.fixture
def loops(monkeypatch) -> list[str]:
    """Which loops have run."""
    ran = []
    for name, module in (("plain", plain), ("compiled", compiled)):
        run = module.run
        monkeypatch.setattr(module, "run", lambda *args, name=name, run=run: ran.append(name) or run(*args))
    return ran


def test_few_movements_run_plain(loops):
    match(pa.Table.from_pylist([BUY, SELL], MOVEMENTS))
    assert loops == ["plain"]


def test_many_movements_run_compiled(loops, monkeypatch):
    monkeypatch.setattr(columns, "FEW", 1)
    match(pa.Table.from_pylist([BUY, SELL], MOVEMENTS))
    assert loops == ["compiled"]


@pytest.mark.parametrize(
    ("quantity", "cost", "loop"),
    [
        (MOST_UNITS - 2**64, MOST_CENTS - 2**13, "compiled"),
        (MOST_UNITS, 100, "plain"),
        (2**125, 100, "plain"),
        (5, MOST_CENTS, "plain"),
        (5, 10**38 - 1, "plain"),
        (10**38 - 1, 10**38 - 1, "plain"),
    ],
)
def test_numbers_beyond_the_limits_run_plain_however_many(loops, monkeypatch, quantity, cost, loop):
    monkeypatch.setattr(columns, "FEW", 1)
    matched = match(pa.Table.from_pylist([BUY | {"quantity": quantity, "cost": cost}, SELL], MOVEMENTS))
    assert loops == [loop]
    assert matched.matches["cost"].to_pylist() == [(4 * cost + quantity) // (2 * quantity)]
    assert matched.open_lots["quantity_left"].to_pylist() == [quantity - 2]


def test_what_counts_is_the_sum_of_all_numbers(loops, monkeypatch):
    monkeypatch.setattr(columns, "FEW", 1)
    halves = [BUY | {"sequence": n, "quantity": MOST_UNITS // 2, "cost": MOST_CENTS // 2} for n in (5, 6)]
    for row in halves:
        match(pa.Table.from_pylist([row, SELL], MOVEMENTS))
    match(pa.Table.from_pylist([halves[0], halves[1] | {"cost": 0}], MOVEMENTS))
    match(pa.Table.from_pylist([halves[0], halves[1] | {"quantity": 1}], MOVEMENTS))
    assert loops == ["compiled", "compiled", "plain", "plain"]


def test_a_rank_is_exact_where_floats_are_equal():
    """Unit costs that differ in the last of 34 digits, near the limit: as floats all four are equal."""
    quantity, cost = MOST_UNITS // 5, MOST_CENTS // 5
    lots = [(quantity, cost), (quantity - 1, cost), (quantity + 1, cost), (quantity - 1, cost)]
    rows = [BUY | {"sequence": n, "quantity": q, "cost": c} for n, (q, c) in enumerate(lots)]
    assert len({c / q for q, c in lots}) == 1
    sale = SELL | {"sequence": 9, "quantity": 4 * quantity - 1}
    for method, order in (("hifo", [1, 3, 0, 2]), ("lofo", [2, 0, 1, 3])):
        matched = match_both(pa.Table.from_pylist([*rows, sale | {"method": method}], MOVEMENTS))
        assert matched.matches["lot_sequence"].to_pylist() == order
