"""Arrow in, Arrow out: what movements must look like, and what comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots.errors import errors_of_movements, errors_of_picks, refuse_errors
from dagster_project.lots.methods import BASES, KINDS, METHODS
from dagster_project.lots.numbers import MOST_CENTS, MOST_UNITS, NONE, UNKNOWN
from dagster_project.lots.types import Column, Matches, Movements, OpenLots, Picks

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


@contextmanager
def memory_of_the_system() -> Iterator[None]:
    """Let Arrow allocate by malloc: its own way gives memory back after each batch, which costs a fifth."""
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)


@memory_of_the_system()
def match(
    movements: pa.Table | pa.RecordBatchReader,
    picks: pa.Table | None = None,
    *,
    loop: Literal["plain", "compiled"] | None = None,
) -> Matched:
    """Match the units that leave pools to the lots that lie there.

    Columns of `movements` (schema MOVEMENTS, in any order; rows in any order; a reader is read once, and its
    text is never in memory as a whole):
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
    columns, sequence, pool_ids = read_movements(movements)
    picks = PICKS.empty_table() if picks is None else picks
    pick_columns = read_picks(picks, sequence)
    if loop is None:
        loop = "plain" if len(sequence) <= FEW or not fits(columns) else "compiled"
    if loop == "plain":
        from dagster_project.lots.plain import run
    else:
        from dagster_project.lots.compiled import run
    # A match ends a lot, a pick or a movement; but a transfer may carry any number of lots.
    kinds = np.bincount(columns.kind, minlength=len(KINDS))
    lots, transfers = (int(kinds[KINDS.index(kind)]) for kind in ("acquire", "transfer"))
    rooms = 2 * lots + 8 * transfers + 16, len(sequence) + len(pick_columns.lot) + 8 * transfers + 16
    while (ended := run(columns, pick_columns, len(pool_ids), *rooms)) is None:
        rooms = tuple(2 * room for room in rooms)
    del columns
    matches, open_lots = ended
    sequence = pa.array(sequence)
    return Matched(write_matches(matches, sequence), write_open_lots(open_lots, sequence, pool_ids))


def read_movements(movements: pa.Table | pa.RecordBatchReader) -> tuple[Movements, np.ndarray, pa.Array]:
    """Read movements, batch by batch; return them in their order, with their sequence, and the pools' ids."""
    batches = movements.to_batches() if isinstance(movements, pa.Table) else movements
    parts = [read_batch(pa.Table.from_batches([batch])) for batch in batches]
    parts = parts or [read_batch(MOVEMENTS.empty_table())]
    sequence, kind, pool, to_pool, quantity, cost, reserved, method = map(list, zip(*parts, strict=True))
    del parts
    sequence, ranks = in_order(np.concatenate(sequence))
    pool_ids, pools = name_places(pool + to_pool)
    is_reserved = any(part.any() for part in reserved)  # else zeros, which take no memory until written
    columns = Movements(
        kind=laid_out(kind, ranks),
        pool=laid_out(pools[: len(pool)], ranks),
        to_pool=laid_out(pools[len(pool) :], ranks),
        quantity=laid_out(quantity, ranks),
        cost=laid_out(cost, ranks),
        reserved=laid_out(reserved, ranks) if is_reserved else np.zeros((len(sequence), 2), np.int64),
        method=laid_out(method, ranks),
    )
    return columns, sequence, pool_ids


def read_batch(batch: pa.Table) -> tuple:
    """Read some movements: sequence, then the columns of Movements; the pools' ids as texts, numbered."""
    batch = batch.select(MOVEMENTS.names).cast(MOVEMENTS)
    refuse_errors(batch, errors_of_movements(batch))
    return (
        whole(batch["sequence"]),
        places(batch["kind"], pa.array(KINDS)),
        batch["pool_id"].combine_chunks().dictionary_encode(),
        batch["to_pool_id"].combine_chunks().dictionary_encode(),
        words(batch["quantity"]),
        words(batch["cost"].fill_null(UNKNOWN)),
        words_or_zeros(batch["reserved"]),
        places(batch["method"], pa.array(list(METHODS))),
    )


def in_order(sequence: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Sort numbers; return them and the place of each among them, None where they were sorted already."""
    if np.all(sequence[:-1] < sequence[1:]):
        return sequence, None
    first, last = int(sequence.min()), int(sequence.max())
    if last - first < 4 * len(sequence):  # they lie so close that counting beats sorting: 0.3 to 2 s at 10M
        is_there, steps = np.zeros(last - first + 1, bool), sequence - first
        is_there[steps] = True
        ordered = np.flatnonzero(is_there) + first
        ranks = (np.cumsum(is_there, dtype=np.int32) - 1)[steps]
    else:
        ordered, ranks = np.unique(sequence, return_inverse=True)
    if len(ordered) < len(sequence):
        repeated = ordered[np.bincount(ranks) > 1][0]
        raise ValueError(f"movement {repeated}: sequence is {repeated}; it must be unique")
    return ordered, ranks


def laid_out(parts: list[np.ndarray], ranks: np.ndarray | None) -> np.ndarray:
    """Put the parts of a column together, each row at its rank; the parts are given up on the way."""
    if ranks is None:
        return np.concatenate(parts)
    column = np.empty((len(ranks), *parts[0].shape[1:]), parts[0].dtype)
    end = len(ranks)
    while parts:
        part = parts.pop()
        one_by_one(column)[ranks[end - len(part) : end]] = one_by_one(part)
        end -= len(part)
    return column


def one_by_one(column: np.ndarray) -> np.ndarray:
    """Return numbers of two words as single things: so numpy moves them four times as fast."""
    return column if column.ndim == 1 else np.ascontiguousarray(column).view(np.complex128).ravel()


def name_places(parts: list[pa.DictionaryArray]) -> tuple[pa.Array, list[np.ndarray]]:
    """Return all texts, sorted, and for each part the place of its values among them, NONE for null."""
    unified = pa.chunked_array(parts).unify_dictionaries()
    texts = unified.chunk(0).dictionary
    ranks = np.append(pc.rank(texts).to_numpy().astype(np.int32) - 1, np.int32(NONE))
    return texts.sort(), [ranks[whole(part.indices.fill_null(NONE), np.int32)] for part in unified.chunks]


def read_picks(picks: pa.Table, sequence: np.ndarray) -> Picks:
    """Read the lots that were named, by movement: each lot once, and none whose number is no movement's."""
    picks = picks.select(PICKS.names).cast(PICKS)
    refuse_errors(picks, errors_of_picks(picks))
    picks = picks.sort_by("pick_no")
    rows = pa.table(
        {
            "movement": rows_of(whole(picks["sequence"]), sequence),
            "lot": rows_of(whole(picks["lot_sequence"]), sequence),
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


def places(column: pa.ChunkedArray, among: pa.Array) -> np.ndarray:
    """Return the place of each value, NONE for null."""
    return whole(pc.index_in(column, among).fill_null(NONE), np.int8)


def whole(column: pa.Array | pa.ChunkedArray, kind: type[np.integer] = np.int64) -> np.ndarray:
    """Return integers without nulls as an array; pyarrow's own way imports pandas where that is installed."""
    array = in_one_piece(column.cast(pa.from_numpy_dtype(kind)))
    return np.frombuffer(array.buffers()[1], kind, len(array), array.offset * np.dtype(kind).itemsize)


def words(column: pa.ChunkedArray) -> np.ndarray:
    """Return decimals of scale 0 without nulls as two words a row, the lower one first."""
    array = in_one_piece(column)
    flat = np.frombuffer(array.buffers()[1], np.int64, 2 * len(array), 16 * array.offset)
    return flat.reshape(-1, 2)


def words_or_zeros(column: pa.ChunkedArray) -> np.ndarray:
    """Return decimals as words, zero for null; nothing but nulls takes no memory."""
    if column.null_count < len(column):
        return words(column.fill_null(0))
    return np.broadcast_to(np.int64(0), (len(column), 2))


def in_one_piece(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, without a copy where it is one."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def fits(movements: Movements) -> bool:
    """Say whether all units together, and their cost, are what the compiled loop can hold."""
    return total(movements.quantity) < MOST_UNITS and total(movements.cost) < MOST_CENTS


def total(numbers: np.ndarray) -> float:
    """Return the sum of a column of words, as near as floats get."""
    low, high = numbers[:, 0].view(np.uint64), numbers[:, 1]
    return float(high.sum(dtype=float)) * 2.0**64 + float(low.sum(dtype=float))


def write_matches(matches: Matches, sequence: pa.Array) -> pa.Table:
    """Lay out matches in the schema MATCHES, with the sequence of their movements and lots."""
    columns = {
        "sequence": sequence.take(integers(matches.movement)),
        "match_no": integers(matches.number).cast(pa.int64()),
        "lot_sequence": sequence.take(integers(matches.lot)),
        "quantity": decimals(matches.quantity),
        "cost": decimals(matches.cost),
        "basis": pa.DictionaryArray.from_arrays(integers(matches.basis).cast(pa.int8()), pa.array(BASES)),
    }
    return pa.table(columns, MATCHES)


def write_open_lots(open_lots: OpenLots, sequence: pa.Array, pool_ids: pa.Array) -> pa.Table:
    """Lay out what the pools hold in the schema OPEN_LOTS, by pool and age of the lot."""
    table = pa.table(
        {
            "pool": integers(open_lots.pool),
            "lot": integers(open_lots.lot),
            "quantity_left": decimals(open_lots.quantity),
            "cost_left": decimals(open_lots.cost),
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
    array = np.array(column, np.int64) if isinstance(column, list) else column
    is_none = array == NONE
    return pa.array(array, mask=is_none if is_none.any() else None)


def decimals(column: Column) -> pa.Array:
    """Return integers of any width as Arrow's decimals, null for UNKNOWN; words need no copy."""
    if isinstance(column, list):
        return pa.array([None if number == UNKNOWN else number for number in column], INTEGER)
    if column.ndim == 2:
        return pa.Array.from_buffers(INTEGER, len(column), [None, pa.py_buffer(column)])
    is_known = pa.py_buffer(np.packbits(column != UNKNOWN, bitorder="little"))
    numbers = np.zeros((len(column), 2), np.int64)
    numbers[:, 0] = column
    return pa.Array.from_buffers(INTEGER, len(column), [is_known, pa.py_buffer(numbers)])
