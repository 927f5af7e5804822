"""What is true of every ledger, whatever its numbers: each law is a function whose name says it."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from dagster_project.lots import Matched
from tests.lots.ledgers import Ledger


class Books(NamedTuple):
    """A ledger and what the engine says of it, as rows of integers."""

    movements: dict[int, dict]  # by sequence
    matches: list[dict]  # each with the kind, pool_id and to_pool_id of its movement
    open_lots: list[dict]

    def of(self, *kinds: str) -> list[dict]:
        return [row for row in self.matches if row["kind"] in kinds]


def books_of(ledger: Ledger, matched: Matched) -> Books:
    movements = {each["sequence"]: each for each in ledger.movements}
    places = ("kind", "pool_id", "to_pool_id")
    matches = [
        row | {key: movements[row["sequence"]][key] for key in places} for row in rows(matched.matches)
    ]
    return Books(movements, matches, list(rows(matched.open_lots)))


def rows(table: pa.Table) -> Iterator[dict]:
    """Read a table into rows, its decimals as integers: sums of Python's Decimal are rounded to 28 digits."""
    columns = [
        [value if value is None else int(value) for value in column.to_pylist()]
        if pa.types.is_decimal(column.type)
        else column.to_pylist()
        for column in table.columns
    ]
    return (dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True))


def matches_add_up_to_their_movement(books: Books) -> None:
    matched = Counter()
    for row in books.matches:
        assert row["quantity"] > 0
        matched[row["sequence"]] += row["quantity"]
    assert matched == {
        s: each["quantity"] for s, each in books.movements.items() if each["kind"] != "acquire"
    }


def units_that_came_into_a_pool_have_left_it_or_are_left(books: Books) -> None:
    came, went = Counter(), Counter()
    for each in books.movements.values():
        if each["kind"] == "acquire":
            came[each["pool_id"]] += each["quantity"]
    for row in books.matches:
        if row["basis"] != "shortfall":
            went[row["pool_id"]] += row["quantity"]
        if row["to_pool_id"]:
            came[row["to_pool_id"]] += row["quantity"]
    for row in books.open_lots:
        assert row["quantity_left"] > 0
        went[row["pool_id"]] += row["quantity_left"]
    assert came == went


def units_of_a_lot_have_left_it_or_are_left(books: Books) -> None:
    opened = {s: each["quantity"] for s, each in books.movements.items() if each["kind"] == "acquire"}
    for row in books.of("transfer"):
        if row["basis"] == "shortfall":
            opened[row["sequence"]] = row["quantity"]
    went = Counter()
    for row in books.of("dispose", "absorb"):
        if row["basis"] != "shortfall":
            went[row["lot_sequence"]] += row["quantity"]
    for row in books.open_lots:
        went[row["lot_sequence"]] += row["quantity_left"]
    assert opened == went


def cost_that_came_into_a_pool_has_left_it_or_is_left(books: Books) -> None:
    came, went = Counter(), Counter()
    for each in books.movements.values():
        came[each["pool_id"]] += each["cost"] or 0
    for row in books.matches:
        went[row["pool_id"]] += row["cost"] or 0
        came[row["to_pool_id"] or row["pool_id"]] += (row["cost"] or 0) * (row["kind"] == "transfer")
    for row in books.open_lots:
        went[row["pool_id"]] += row["cost_left"] or 0
    assert came == went


def cost_of_a_lot_has_left_it_or_is_left_unless_lots_share_it(books: Books) -> None:
    if any(each["method"] == "average" or each["kind"] == "absorb" for each in books.movements.values()):
        return
    paid = {s: each["cost"] for s, each in books.movements.items() if each["cost"] is not None}
    went = dict.fromkeys(paid, 0)
    for row in books.of("dispose"):
        if row["cost"] is not None:
            went[row["lot_sequence"]] += row["cost"]
    for row in books.open_lots:
        if row["cost_left"] is not None:
            went[row["lot_sequence"]] += row["cost_left"]
    assert paid == went


def cost_is_known_if_and_only_if_the_lot_has_one(books: Books) -> None:
    known = {sequence for sequence, each in books.movements.items() if each["cost"] is not None}
    for row in books.matches:
        assert (row["cost"] is not None) == (row["lot_sequence"] in known)
    for row in books.open_lots:
        assert (row["cost_left"] is not None) == (row["lot_sequence"] in known)


def cost_is_never_negative(books: Books) -> None:
    assert all(row["cost"] is None or row["cost"] >= 0 for row in books.matches)
    assert all(row["cost_left"] is None or row["cost_left"] >= 0 for row in books.open_lots)


def a_shortfall_has_no_lot_and_nothing_else_has_none(books: Books) -> None:
    assert all((row["basis"] == "shortfall") == (row["lot_sequence"] is None) for row in books.matches)


def a_movement_meets_a_lot_once_a_basis_and_a_pool_holds_a_lot_once(books: Books) -> None:
    met = Counter((row["sequence"], row["lot_sequence"], row["basis"]) for row in books.matches)
    held = Counter((row["pool_id"], row["lot_sequence"]) for row in books.open_lots)
    assert all(times == 1 for times in (met | held).values())


def only_a_use_that_names_a_lot_takes_its_earmarked_units(books: Books) -> None:
    taken = Counter()
    for row in books.of("dispose", "absorb"):
        if row["basis"] not in ("named", "specific", "shortfall"):
            taken[row["lot_sequence"]] += row["quantity"]
    for lot, units in taken.items():
        assert units <= books.movements[lot]["quantity"] - (books.movements[lot]["reserved"] or 0)


def rows_come_in_order_and_matches_are_counted(books: Books) -> None:
    numbers = [(row["sequence"], row["match_no"]) for row in books.matches]
    assert numbers == sorted(numbers)
    count = Counter()
    for sequence, number in numbers:
        count[sequence] += 1
        assert number == count[sequence]
    lots = [(row["pool_id"], row["lot_sequence"]) for row in books.open_lots]
    assert lots == sorted(lots)


LAWS = (
    matches_add_up_to_their_movement,
    units_that_came_into_a_pool_have_left_it_or_are_left,
    units_of_a_lot_have_left_it_or_are_left,
    cost_that_came_into_a_pool_has_left_it_or_is_left,
    cost_of_a_lot_has_left_it_or_is_left_unless_lots_share_it,
    cost_is_known_if_and_only_if_the_lot_has_one,
    cost_is_never_negative,
    a_shortfall_has_no_lot_and_nothing_else_has_none,
    a_movement_meets_a_lot_once_a_basis_and_a_pool_holds_a_lot_once,
    only_a_use_that_names_a_lot_takes_its_earmarked_units,
    rows_come_in_order_and_matches_are_counted,
)
