"""A strict door: movements that make no sense are refused by number, with what is wrong and what is right."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots.methods import KINDS, METHODS

Error = tuple[str, pa.Array | pa.ChunkedArray, str]  # a column, the rows in which it breaks a rule, the rule


def refuse_errors(table: pa.Table, errors: Iterator[Error]) -> None:
    """Raise ValueError for the first error found in movements, or in picks, of the engine's schemas."""
    for column, is_wrong, rule in errors:
        if pc.any(is_wrong).as_py():  # null is no error
            row = pc.index(is_wrong, True).as_py()
            sequence, value = (table[name][row].as_py() for name in ("sequence", column))
            raise ValueError(f"movement {sequence}: {column} is {value}; {rule}")


def errors_of_movements(movements: pa.Table) -> Iterator[Error]:
    """Look for everything that can be wrong with a movement, one rule after the other."""
    yield "sequence", pc.is_null(movements["sequence"]), "it must be given"

    kind, quantity = movements["kind"], movements["quantity"]
    yield "kind", pc.invert(pc.is_in(kind, pa.array(KINDS))), f"known: {', '.join(KINDS)}"
    yield "pool_id", pc.is_null(movements["pool_id"]), "it must be given"
    yield "quantity", pc.is_null(quantity), "it must be given"
    yield "quantity", pc.less_equal(quantity, 0), "it must be positive, the kind says which way units go"
    yield "cost", pc.less(movements["cost"], 0), "it must be zero or more, null where unknown"
    yield "reserved", pc.less(movements["reserved"], 0), "it must be zero or more"
    yield "reserved", pc.greater(movements["reserved"], quantity), "it must not exceed the quantity"

    is_known = pc.is_in(movements["method"], pa.array(list(METHODS)))
    is_unknown = pc.and_not(pc.not_equal(kind, "acquire"), is_known)
    yield "method", is_unknown, f"known: {', '.join(METHODS)}"

    to_pool, is_transfer = movements["to_pool_id"], pc.equal(kind, "transfer")
    yield "to_pool_id", pc.and_(is_transfer, pc.is_null(to_pool)), "a transfer needs one"
    yield "to_pool_id", pc.and_not(pc.is_valid(to_pool), is_transfer), "only a transfer has one"
    within = pc.equal(to_pool, movements["pool_id"])
    yield "to_pool_id", within, "a transfer inside a pool touches no lot, leave it out"


def errors_of_picks(picks: pa.Table) -> Iterator[Error]:
    """Look for everything that can be wrong with a lot that was named."""
    for column in ("sequence", "pick_no", "lot_sequence"):
        yield column, pc.is_null(picks[column]), "it must be given"
    rule = "it must be positive, or null for as much as is needed"
    yield "quantity", pc.less_equal(picks["quantity"], 0), rule
