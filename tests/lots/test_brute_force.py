"""Random ledgers against a second engine that moves one unit at a time, and the laws they all obey.

The second engine shares nothing with the first: no heaps, no slices. Each unit is an entry of a list with a
cost of its own, unit costs are fractions, and the next unit is looked for among all lots, every time.
"""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise
from math import floor, inf

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.lots import METHODS, MOVEMENTS, Matched, match

thorough = settings(max_examples=200, deadline=None, derandomize=True, database=None)
brief = settings(thorough, max_examples=60)


def spread(cost: int | None, quantity: int) -> list[int | None]:
    """Give each unit its whole cents, such that the first k have k / quantity of the cost, rounded."""
    if cost is None:
        return [None] * quantity
    marks = [floor(Fraction(cost * k, quantity) + Fraction(1, 2)) for k in range(quantity + 1)]
    return [after - before for before, after in pairwise(marks)]


class Heap:
    """The units of a pool: by lot, the cents of each unit, their unit cost, and how many are earmarked."""

    def __init__(self) -> None:
        self.cents: dict[int, list[int | None]] = {}
        self.unit_cost: dict[int, Fraction | None] = {}
        self.reserved: Counter[int] = Counter()
        self.average: list[int] | None = None  # the cents of all units of known cost, while they share it
        self.average_unit_cost: Fraction | None = None

    def add(
        self, lot: int, quantity: int, cost: int | None, unit_cost: Fraction | None, reserved: int
    ) -> None:
        here = self.cents.pop(lot, [])
        if here and cost is not None:
            self.cents[lot] = spread(cost + sum(here), quantity + len(here))
            if unit_cost != self.unit_cost[lot]:
                unit_cost = Fraction(cost + sum(here), quantity + len(here))
        else:
            self.cents[lot] = spread(cost, quantity) + here
        self.unit_cost[lot] = unit_cost
        self.reserved[lot] += reserved
        if self.average is not None and cost is not None:
            self.pour(cost, quantity)

    def pour(self, cost: int, quantity: int) -> None:
        total, units = sum(self.average) + cost, len(self.average) + quantity
        self.average, self.average_unit_cost = spread(total, units), Fraction(total, units)

    def set_average(self, wanted: bool) -> None:
        lots = [lot for lot in sorted(self.cents) if self.cents[lot] and None not in self.cents[lot]]
        if wanted and self.average is None:
            self.average = []
            for lot in lots:
                self.pour(sum(self.cents[lot]), len(self.cents[lot]))
        if not wanted and self.average is not None:
            for lot in lots:
                quantity = len(self.cents[lot])
                self.cents[lot] = spread(sum(self.average[:quantity]), quantity)
                self.unit_cost[lot] = self.average_unit_cost
                del self.average[:quantity]
            self.average = None

    def take(self, lot: int, is_named: bool) -> tuple[int | None, Fraction | None, int]:
        """Take one unit; return its cost, the unit cost it is known by, and whether it is earmarked."""
        cents, unit_cost = self.cents[lot].pop(0), self.unit_cost[lot]
        if cents is not None and self.average is not None:
            cents, unit_cost = self.average.pop(0), self.average_unit_cost
        is_reserved = is_named and self.reserved[lot] > 0
        self.reserved[lot] -= is_reserved
        return cents, unit_cost, int(is_reserved)

    def next_lot(self, method: str) -> int | None:
        free = [lot for lot, units in self.cents.items() if len(units) > self.reserved[lot]]
        cost = {lot: self.unit_cost[lot] for lot in free}
        keys = {
            "lifo": lambda lot: -lot,
            "newest": lambda lot: -lot,
            "hifo": lambda lot: (inf if cost[lot] is None else -cost[lot], lot),
            "lofo": lambda lot: (inf if cost[lot] is None else cost[lot], lot),
        }
        return min(free, key=keys.get(method, lambda lot: lot), default=None)


def choices(movement: dict, heap: Heap, numbers: dict[str, int]):
    """Yield the lot and the basis of one unit after the other; a lot is None where none is left."""
    method = movement["method"]
    if method in ("specific", "newest"):
        for pick in movement["lot_picks"] or []:
            lot = numbers.get(pick["lot_id"])
            for _ in range(movement["quantity"] if pick["quantity"] is None else pick["quantity"]):
                if heap.cents.get(lot):
                    yield lot, {"specific": "specific", "newest": "named"}[method]
    while True:
        lot = heap.next_lot(method)
        yield lot, "shortfall" if lot is None else {"specific": "fifo"}.get(method, method)


def brute_force(movements: list[dict]) -> tuple[dict, dict]:
    """Return {(movement, lot, basis): [quantity, cost]}, in order, and what is left, {(pool, lot): [...]}."""
    movements = sorted(movements, key=lambda each: each["sequence"])
    numbers = {each["movement_id"]: number for number, each in enumerate(movements)}
    names = dict(enumerate(numbers)) | {None: None}
    heaps, matches = defaultdict(Heap), defaultdict(lambda: [0, 0])
    for number, each in enumerate(movements):
        heap, quantity, cost = heaps[each["pool_id"]], each["quantity"], each["cost"]
        if each["kind"] == "acquire":
            unit_cost = None if cost is None else Fraction(cost, quantity)
            heap.add(number, quantity, cost, unit_cost, each["reserved"] or 0)
            continue
        heap.set_average(each["method"] == "average")
        moved = {}
        for _, (lot, basis) in zip(range(quantity), choices(each, heap, numbers), strict=False):
            cents, unit_cost, reserved = (None, None, 0)
            if lot is not None:
                cents, unit_cost, reserved = heap.take(lot, basis in ("named", "specific"))
            for total in (
                matches[each["movement_id"], names[lot], basis],
                moved.setdefault((lot, basis, unit_cost), [0, 0, 0]),
            ):
                total[0] += 1
                total[1] = None if cents is None else total[1] + cents
            moved[lot, basis, unit_cost][2] += reserved
        if each["kind"] == "transfer":
            for (lot, _, unit_cost), (units, cents, reserved) in moved.items():
                heaps[each["to_pool_id"]].add(
                    number if lot is None else lot, units, cents, unit_cost, reserved
                )
    for heap in heaps.values():
        heap.set_average(False)
    left = {
        (pool, names[lot]): [len(cents), None if None in cents else sum(cents)]
        for pool, heap in heaps.items()
        for lot, cents in heap.cents.items()
        if cents
    }
    return dict(matches), left


@st.composite
def ledgers(draw, length: int = 14, units: int = 12, cents: int = 1_000) -> list[dict]:
    """Draw a ledger of three pools with transfers, named lots, earmarks and changing methods."""
    some, money = st.integers(1, units), st.integers(0, cents)
    movements = []
    for number in range(draw(st.integers(1, length))):
        kind = draw(st.sampled_from(("acquire", "acquire", "dispose", "transfer")))
        pool, other = draw(st.permutations("abc"))[:2]
        quantity = draw(some)
        movement = dict.fromkeys(MOVEMENTS.names) | {
            "movement_id": f"m{number}",
            "sequence": number * 10,
            "kind": kind,
            "pool_id": pool,
            "quantity": quantity,
        }
        if kind == "acquire":
            movement["cost"] = draw(st.none() | money)
            movement["reserved"] = draw(st.none() | st.integers(0, quantity))
        else:
            movement["method"] = draw(st.sampled_from(tuple(METHODS)))
            movement["to_pool_id"] = other if kind == "transfer" else None
            lots = st.integers(0, length).map(lambda lot: f"m{lot}")
            pick = st.fixed_dictionaries({"lot_id": lots, "quantity": st.none() | some})
            picks = st.lists(pick, max_size=3, unique_by=lambda each: each["lot_id"])
            movement["lot_picks"] = draw(st.none() | picks)
        movements.append(movement)
    return movements


def run(movements: list[dict]) -> Matched:
    return match(pa.Table.from_pylist(movements, MOVEMENTS))


@given(ledgers(length=30))
@thorough
def test_the_engine_agrees_with_one_that_moves_a_unit_at_a_time(movements):
    matched = run(movements)
    matches, left = brute_force(movements)
    assert list(matches.items()) == [
        ((row["movement_id"], row["lot_id"], row["basis"]), [row["quantity"], row["cost"]])
        for row in matched.matches.to_pylist()
    ]
    assert left == {
        (row["pool_id"], row["lot_id"]): [row["quantity_left"], row["cost_left"]]
        for row in matched.open_lots.to_pylist()
    }


@given(ledgers(), st.randoms(use_true_random=False))
@brief
def test_the_order_of_rows_and_the_size_of_chunks_change_nothing(movements, shuffler):
    shuffled = shuffler.sample(movements, len(movements))
    half = len(shuffled) // 2
    chunks = [pa.Table.from_pylist(rows, MOVEMENTS) for rows in (shuffled[:half], shuffled[half:])]
    assert match(pa.concat_tables(chunks)) == run(movements)


LARGE = {"units": 120_000_000 * 10**18, "cents": 21_000_000 * 10**9}  # all ether in wei; all bitcoin at $10m


@given(ledgers(**LARGE))
@brief
def test_matches_add_up_to_the_movement(movements):
    total = Counter()
    for row in run(movements).matches.to_pylist():
        assert row["quantity"] > 0
        total[row["movement_id"]] += int(row["quantity"])
    assert total == {each["movement_id"]: each["quantity"] for each in movements if each["kind"] != "acquire"}


@given(ledgers(**LARGE))
@brief
def test_what_came_into_a_pool_has_left_it_or_is_left(movements):
    matched = run(movements)
    came, went = Counter(), Counter()
    for each in movements:
        if each["kind"] == "acquire":
            came[each["pool_id"]] += each["quantity"]
    for row in matched.matches.to_pylist():
        if row["basis"] != "shortfall":
            went[row["pool_id"]] += int(row["quantity"])
        if row["to_pool_id"]:
            came[row["to_pool_id"]] += int(row["quantity"])
    for row in matched.open_lots.to_pylist():
        assert row["quantity_left"] > 0
        went[row["pool_id"]] += int(row["quantity_left"])
    assert came == went


@given(ledgers(**LARGE))
@brief
def test_what_was_paid_has_been_sold_or_is_left(movements):
    matched = run(movements)
    paid = sum(each["cost"] or 0 for each in movements)
    kinds = {each["movement_id"]: each["kind"] for each in movements}
    rows = matched.matches.to_pylist()
    sold = sum(row["cost"] or 0 for row in rows if kinds[row["movement_id"]] == "dispose")
    assert paid == sold + sum(row["cost_left"] or 0 for row in matched.open_lots.to_pylist())
    assert all(row["cost"] is None or row["cost"] >= 0 for row in rows)


@given(ledgers(**LARGE))
@brief
def test_the_units_of_a_lot_have_a_cost_if_and_only_if_the_lot_has_one(movements):
    known = {each["movement_id"] for each in movements if each["cost"] is not None}
    matched = run(movements)
    for row in matched.matches.to_pylist():
        assert (row["cost"] is not None) == (row["lot_id"] in known)
    for row in matched.open_lots.to_pylist():
        assert (row["cost_left"] is not None) == (row["lot_id"] in known)


@given(ledgers(**LARGE))
@brief
def test_a_movement_meets_a_lot_once_a_basis_and_a_pool_holds_a_lot_once(movements):
    matched = run(movements)
    for table, key in (
        (matched.matches, ["movement_id", "lot_id", "basis"]),
        (
            matched.open_lots,
            ["pool_id", "lot_id"],
        ),
    ):
        assert table.group_by(key).aggregate([]).num_rows == table.num_rows


@given(ledgers(**LARGE))
@brief
def test_only_a_use_that_names_a_lot_takes_its_earmarked_units(movements):
    reserved = {each["movement_id"]: each["reserved"] or 0 for each in movements}
    quantity = {each["movement_id"]: each["quantity"] for each in movements}
    taken, kinds = Counter(), {each["movement_id"]: each["kind"] for each in movements}
    for row in run(movements).matches.to_pylist():
        if kinds[row["movement_id"]] == "dispose" and row["basis"] not in ("named", "specific", "shortfall"):
            taken[row["lot_id"]] += int(row["quantity"])
    for lot, units in taken.items():
        assert units <= quantity[lot] - reserved[lot]
