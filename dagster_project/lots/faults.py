"""A strict door: movements that make no sense are refused by id, with what is wrong and what is right."""

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots.methods import METHODS

KINDS = ("acquire", "dispose", "transfer")
Fault = tuple[str, pa.Array, str]  # a column, the rows in which it breaks a rule, the rule


def refuse_faults(movements: pa.Table) -> None:
    """Raise ValueError for the first fault in movements that have the engine's schema and are in order."""
    for column, rows, rule in faults(movements):
        if len(rows):
            row = rows[0].as_py()
            movement_id, value = (movements[name][row].as_py() for name in ("movement_id", column))
            raise ValueError(f'movement "{movement_id}": {column} is {value}; {rule}')


def faults(movements: pa.Table) -> Iterator[Fault]:
    """Look for everything that can be wrong with a movement, one rule after the other."""
    where = pc.indices_nonzero  # null is not a fault
    for column in ("movement_id", "sequence"):
        yield column, where(pc.is_null(movements[column])), "it must be given"
        yield column, repeated(movements[column]), "it must be unique"

    kind, quantity = movements["kind"], movements["quantity"]
    yield "kind", where(pc.invert(pc.is_in(kind, pa.array(KINDS)))), f"known: {', '.join(KINDS)}"
    yield "pool_id", where(pc.is_null(movements["pool_id"])), "it must be given"
    yield "quantity", where(pc.is_null(quantity)), "it must be given"
    yield (
        "quantity",
        where(pc.less_equal(quantity, 0)),
        "it must be positive, the kind says which way units go",
    )
    yield "cost", where(pc.less(movements["cost"], 0)), "it must be zero or more, null where unknown"
    yield "reserved", where(pc.less(movements["reserved"], 0)), "it must be zero or more"
    yield "reserved", where(pc.greater(movements["reserved"], quantity)), "it must not exceed the quantity"

    is_known = pc.is_in(movements["method"], pa.array(METHODS))
    is_unknown = pc.and_not(pc.not_equal(kind, "acquire"), is_known)
    yield "method", where(is_unknown), f"known: {', '.join(METHODS)}"

    to_pool, is_transfer = movements["to_pool_id"], pc.equal(kind, "transfer")
    yield "to_pool_id", where(pc.and_(is_transfer, pc.is_null(to_pool))), "a transfer needs one"
    yield "to_pool_id", where(pc.and_not(pc.is_valid(to_pool), is_transfer)), "only a transfer has one"
    within = pc.equal(to_pool, movements["pool_id"])
    yield "to_pool_id", where(within), "a transfer inside a pool touches no lot, leave it out"

    picks = movements["lot_picks"].combine_chunks()
    too_small = pc.less_equal(pc.struct_field(pc.list_flatten(picks), "quantity"), 0)
    of_picks = pc.list_parent_indices(picks).take(where(too_small))
    yield "lot_picks", of_picks, "a quantity must be positive, or null for as much as is needed"


def repeated(column: pa.ChunkedArray) -> pa.Array:
    """Return the rows whose value occurs in another row too."""
    values = column.to_pylist()
    if len(set(values)) == len(values):
        return pa.array([], pa.int64())
    times = Counter(values)
    return pa.array([row for row, value in enumerate(values) if times[value] > 1])
