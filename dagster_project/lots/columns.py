"""Arrow in, Arrow out: what movements must look like, and what comes back."""

from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots.faults import refuse_faults
from dagster_project.lots.methods import BASES, KINDS, METHODS
from dagster_project.lots.numbers import MOST_CENTS, MOST_UNITS, NONE, UNKNOWN
from dagster_project.lots.types import Column, Lying, Matches, Movements, Picks

INTEGER = pa.decimal128(38, 0)
MOVEMENTS = pa.schema(
    {
        "sequence": pa.int64(),
        "kind": pa.string(),
        "pool_id": pa.string(),
        "to_pool_id": pa.string(),
        "quantity": INTEGER,
        "cost": INTEGER,
        "reserved": INTEGER,
        "method": pa.string(),
    }
)
PICKS = pa.schema(
    {"sequence": pa.int64(), "pick_no": pa.int64(), "lot_sequence": pa.int64(), "quantity": INTEGER}
)
MATCHES = pa.schema(
    {
        "sequence": pa.int64(),
        "match_no": pa.int64(),
        "lot_sequence": pa.int64(),
        "quantity": INTEGER,
        "cost": INTEGER,
        "basis": pa.dictionary(pa.int8(), pa.string()),
    }
)
OPEN_LOTS = pa.schema(
    {"pool_id": pa.string(), "lot_sequence": pa.int64(), "quantity_left": INTEGER, "cost_left": INTEGER}
)
FEW = 50_000  # movements: 0.6 CPU s in plain Python; loading the compiled loop takes 0.4, compiling it 5


class Matched(NamedTuple):
    """What was matched (schema MATCHES) and what is left (schema OPEN_LOTS)."""

    matches: pa.Table
    open_lots: pa.Table


def match(
    movements: pa.Table, picks: pa.Table | None = None, *, loop: Literal["plain", "compiled"] | None = None
) -> Matched:
    """Match the units that leave pools to the lots that lie there.

    Columns of `movements` (schema MOVEMENTS, in any order; rows in any order, cheapest by sequence):
      sequence     the declared order, unique; an acquiring movement gives its lot this number
      kind         acquire; dispose; transfer; absorb: units leave, and their cost stays with those that leave
                   the pool next (a fee in coin that is part of the cost of what remains)
      pool_id      where units leave, or arrive by `acquire`; to_pool_id: where a transfer carries them
      quantity     units, positive
      cost         cents, for `acquire`; null where unknown
      reserved     for `acquire`: units of the lot that only movements which name it may take; null for none
      method       the policy in force, a key of METHODS; not needed for `acquire`

    Columns of `picks` (schema PICKS): lots that a movement names, honoured in the order of `pick_no` by
    `specific`, `newest` and `oldest`, ignored by other methods; quantity null for as much as is needed. A lot
    that is named twice is named once, where it is named first, for both quantities together. What cannot be
    had from them (unknown, elsewhere, used up, too little) is matched by rank, and its basis says so.

    Returns one match per movement, lot and basis, by sequence and match_no, with its quantity, its cost (null
    where unknown) and its basis: `specific` or `named` where the lot was named, `shortfall` (no lot, no cost)
    where the pool had none left, otherwise the method whose rank decided. And one open lot per pool and lot,
    by pool and age. A transfer's shortfall arrives as a lot of unknown cost that has the transfer's sequence.
    Raises ValueError for movements that make no sense, with the sequence and what is wrong with it.

    `loop` is for tests and benchmarks: by default few movements, and numbers too large for 113 bits, run as
    plain Python, and all others compiled.
    """
    ordered = in_order(movements.select(MOVEMENTS.names).cast(MOVEMENTS), "sequence")
    del movements  # where the caller keeps none either, its text need not lie beside the matches
    picks = PICKS.empty_table() if picks is None else picks
    named = in_order(picks.select(PICKS.names).cast(PICKS), "pick_no")
    refuse_faults(ordered, named)
    sequence = ordered["sequence"].combine_chunks()
    pool_ids = pa.chunked_array(ordered["pool_id"].chunks + ordered["to_pool_id"].chunks, pa.string())
    pool_ids = pc.unique(pool_ids).drop_null().sort()
    movement_columns, pick_columns = read_movements(ordered, pool_ids), read_picks(named, sequence)
    del ordered
    if loop is None:
        loop = "plain" if len(sequence) <= FEW or not fits(movement_columns) else "compiled"
    if loop == "plain":
        from dagster_project.lots.plain import run
    else:
        from dagster_project.lots.compiled import run
    # A match ends a lot, a pick or a movement; but a transfer may carry any number of lots.
    kinds = np.bincount(movement_columns.kind, minlength=len(KINDS))
    lots, transfers = (int(kinds[KINDS.index(kind)]) for kind in ("acquire", "transfer"))
    rooms = 2 * lots + 8 * transfers + 16, len(sequence) + len(pick_columns.lot) + 8 * transfers + 16
    while (ended := run(movement_columns, pick_columns, len(pool_ids), *rooms)) is None:
        rooms = tuple(2 * room for room in rooms)
    matches, lying = ended
    return Matched(write_matches(matches, sequence), write_open_lots(lying, sequence, pool_ids))


def in_order(table: pa.Table, column: str) -> pa.Table:
    """Sort a table by a column of integers, unless it is sorted already."""
    values = table[column].combine_chunks()
    is_sorted = pc.all(pc.less_equal(values[:-1], values[1:]), skip_nulls=False).as_py()
    return table if is_sorted else table.sort_by(column)


def read_movements(movements: pa.Table, pool_ids: pa.Array) -> Movements:
    """Read movements that are in order and without faults."""
    return Movements(
        kind=places(movements["kind"], pa.array(KINDS), np.int8),
        pool=places(movements["pool_id"], pool_ids, np.int32),
        to_pool=places(movements["to_pool_id"], pool_ids, np.int32),
        quantity=words(movements["quantity"]),
        cost=words(movements["cost"].fill_null(UNKNOWN)),
        reserved=words_or_zero(movements["reserved"]),
        method=places(movements["method"], pa.array(list(METHODS)), np.int8),
    )


def read_picks(picks: pa.Table, sequence: pa.Array) -> Picks:
    """Read the lots that were named, by movement: each lot once, and none whose number is no movement's."""
    ordered = whole(pa.chunked_array([sequence]))
    rows = pa.table(
        {
            "movement": rows_of(whole(picks["sequence"]), ordered),
            "lot": rows_of(whole(picks["lot_sequence"]), ordered),
            "quantity": picks["quantity"],
            "place": pa.array(range(len(picks))),
        }
    )
    rows = rows.filter(pc.and_(pc.not_equal(rows["movement"], NONE), pc.not_equal(rows["lot"], NONE)))
    no_limit = pc.CountOptions(mode="only_null")
    named = rows.group_by(
        ["movement", "lot"], use_threads=False
    ).aggregate(  # threads cost more than they save
        [("quantity", "sum"), ("quantity", "count", no_limit), ("place", "min")]
    )
    named = named.sort_by([("movement", "ascending"), ("place_min", "ascending")])
    is_limited = pc.equal(named["quantity_count"], 0)
    quantity = pc.if_else(is_limited, named["quantity_sum"], pa.scalar(0, INTEGER))
    start = np.zeros(len(sequence) + 1, np.int64)
    if len(named):
        np.cumsum(np.bincount(whole(named["movement"]), minlength=len(sequence)), out=start[1:])
    return Picks(
        start=start,
        lot=whole(named["lot"]),
        quantity=words(quantity.cast(INTEGER)),
    )


def rows_of(values: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Return the place of each value in an array in ascending order, NONE where it is not there."""
    if not len(ordered):
        return np.full(len(values), NONE)
    rows = np.searchsorted(ordered, values).clip(max=len(ordered) - 1)
    return np.where(ordered[rows] == values, rows, NONE)


def places(column: pa.ChunkedArray, among: pa.Array, kind: type[np.integer]) -> np.ndarray:
    """Return the place of each value, NONE for null."""
    return whole(pc.index_in(column, among).fill_null(NONE), kind)


def whole(column: pa.ChunkedArray, kind: type[np.integer] = np.int64) -> np.ndarray:
    """Return integers without nulls as an array; pyarrow's own way imports pandas where that is installed."""
    array = column.cast(pa.from_numpy_dtype(kind)).combine_chunks()
    return np.frombuffer(array.buffers()[1], kind, len(array), array.offset * np.dtype(kind).itemsize)


def words(column: pa.ChunkedArray) -> np.ndarray:
    """Return decimals of scale 0 without nulls as two words a row, the lower one first."""
    array = column.combine_chunks()
    flat = np.frombuffer(array.buffers()[1], np.int64, 2 * len(array), 16 * array.offset)
    return flat.reshape(-1, 2)


def words_or_zero(column: pa.ChunkedArray) -> np.ndarray:
    """Return decimals as words, zero for null; a column of nulls takes no memory."""
    if column.null_count < len(column):
        return words(column.fill_null(0))
    zeros = np.zeros((len(column), 2), np.int64)
    zeros.flags.writeable = False  # as Arrow's are: numba compiles anew for what may be written
    return zeros


def fits(movements: Movements) -> bool:
    """Tell whether all units together, and their cost, are what the compiled loop can hold."""
    return total(movements.quantity) < MOST_UNITS and total(movements.cost) < MOST_CENTS


def total(numbers: np.ndarray) -> float:
    """Return the sum of a column of words, as near as floats get."""
    low, high = numbers[:, 0].view(np.uint64), numbers[:, 1]
    return float(high.sum(dtype=float)) * 2.0**64 + float(low.sum(dtype=float))


def write_matches(matches: Matches, sequence: pa.Array) -> pa.Table:
    """Lay out matches in the schema MATCHES, with the sequence of their movements and lots."""
    columns = {
        "sequence": sequence.take(integers(matches.movement)),
        "match_no": integers(matches.number),
        "lot_sequence": sequence.take(integers(matches.lot)),
        "quantity": decimals(matches.quantity),
        "cost": decimals(matches.cost),
        "basis": pa.DictionaryArray.from_arrays(integers(matches.basis).cast(pa.int8()), pa.array(BASES)),
    }
    return pa.table(columns, MATCHES)


def write_open_lots(lying: Lying, sequence: pa.Array, pool_ids: pa.Array) -> pa.Table:
    """Lay out what lies in the pools in the schema OPEN_LOTS, by pool and age of the lot."""
    table = pa.table(
        {
            "pool": integers(lying.pool),
            "lot": integers(lying.lot),
            "quantity_left": decimals(lying.quantity),
            "cost_left": decimals(lying.cost),
        }
    )
    table = table.sort_by([("pool", "ascending"), ("lot", "ascending")])
    columns = {
        "pool_id": pool_ids.take(table["pool"]),
        "lot_sequence": sequence.take(table["lot"]),
        "quantity_left": table["quantity_left"],
        "cost_left": table["cost_left"],
    }
    return pa.table(columns, OPEN_LOTS)


def integers(column: Column) -> pa.Array:
    """Return integers as Arrow's, null for NONE."""
    array = np.asarray(column, np.int64)
    return pa.array(array, mask=array == NONE)


def decimals(column: Column) -> pa.Array:
    """Return integers of any width as Arrow's decimals, null for UNKNOWN; words need no copy."""
    if isinstance(column, list):
        return pa.array([None if number == UNKNOWN else number for number in column], INTEGER)
    if column.ndim == 2:
        return pa.Array.from_buffers(INTEGER, len(column), [None, pa.py_buffer(column)])
    is_known = pa.py_buffer(np.packbits(column != UNKNOWN, bitorder="little"))
    numbers = np.stack([column, np.zeros_like(column)], axis=1)
    return pa.Array.from_buffers(INTEGER, len(column), [is_known, pa.py_buffer(numbers)])
