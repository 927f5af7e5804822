"""Arrow in, Arrow out: what movements must look like, and what comes back."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots.faults import refuse_faults
from dagster_project.lots.matching import match_movements
from dagster_project.lots.types import Match, Movement, Pool

INTEGER = pa.decimal128(38, 0)
PICK = pa.struct([("lot_id", pa.string()), ("quantity", INTEGER)])
MOVEMENTS = pa.schema(
    {
        "movement_id": pa.string(),
        "sequence": pa.int64(),
        "kind": pa.string(),
        "pool_id": pa.string(),
        "to_pool_id": pa.string(),
        "quantity": INTEGER,
        "cost": INTEGER,
        "reserved": INTEGER,
        "method": pa.string(),
        "lot_picks": pa.list_(PICK),
    }
)
MATCHES = pa.schema(
    {
        "movement_id": pa.string(),
        "match_no": pa.int64(),
        "pool_id": pa.string(),
        "to_pool_id": pa.string(),
        "lot_id": pa.string(),
        "quantity": INTEGER,
        "cost": INTEGER,
        "basis": pa.string(),
    }
)
OPEN_LOTS = pa.schema(
    {"pool_id": pa.string(), "lot_id": pa.string(), "quantity_left": INTEGER, "cost_left": INTEGER}
)
BATCH_ROWS = 65_536  # rows that are Python objects at one time


class Matched(NamedTuple):
    """What was matched (schema MATCHES) and what is left (schema OPEN_LOTS)."""

    matches: pa.Table
    open_lots: pa.Table


def match(movements: pa.Table) -> Matched:
    """Match the units that leave pools to the lots that lie there.

    Columns of `movements` (schema MOVEMENTS, in any order; rows in any order, `sequence` alone decides):
      movement_id  unique; an acquiring movement gives its lot this id
      sequence     the declared order, unique
      kind         acquire, dispose or transfer
      pool_id      where units leave, or arrive by `acquire`; to_pool_id: where a transfer carries them
      quantity     units, positive
      cost         cents, for `acquire`; null where unknown
      reserved     for `acquire`: units of the lot that only movements which name it may take; null is none
      method       the policy in force, a key of METHODS; not needed for `acquire`
      lot_picks    lots named for this movement, quantity null for as much as is needed; honoured in their order by
                   methods that know names (`specific`, `newest`), ignored by all others. What cannot be had from them
                   (unknown, elsewhere, used up, too little) is matched by the method's rank, and the basis says so.

    Returns one match per movement and slice of a lot, by sequence and match_no: its quantity, its cost (null where
    unknown) and its basis (`fifo` ..., `specific` or `named` where the lot was named, `shortfall` with no lot and no
    cost where the pool had none left); and one open lot per pool and lot, by pool and age. A transfer's shortfall
    arrives as a lot of unknown cost that has the transfer's id.
    Raises ValueError for movements that make no sense, with the movement_id and what is wrong with it.
    """
    ordered = movements.select(MOVEMENTS.names).cast(MOVEMENTS).sort_by("sequence").combine_chunks()
    refuse_faults(ordered)
    matches, pools = match_movements(read(ordered))
    return Matched(write_matches(ordered, matches), write_open_lots(ordered, pools))


def read(movements: pa.Table) -> Iterator[Movement]:
    """Read movements that are in order and without faults, a batch at a time."""
    picks = read_picks(movements)
    index = 0
    for batch in movements.to_batches(BATCH_ROWS):
        yield from map(
            Movement,
            batch["kind"].to_pylist(),
            batch["pool_id"].to_pylist(),
            batch["to_pool_id"].to_pylist(),
            integers(batch["quantity"]),
            integers(batch["cost"]),
            integers(batch["reserved"].fill_null(0)),
            batch["method"].to_pylist(),
            map(picks.get, range(index, index + batch.num_rows)),
        )
        index += batch.num_rows


def read_picks(movements: pa.Table) -> dict[int, dict[int, int | None]]:
    """Read the lots that were named, by movement; ids that are no movement's are left out."""
    lists = movements["lot_picks"].combine_chunks()
    flat = pc.list_flatten(lists)
    lots = pc.index_in(pc.struct_field(flat, "lot_id"), movements["movement_id"])
    picks: dict[int, dict[int, int | None]] = defaultdict(dict)
    named = zip(pc.list_parent_indices(lists), lots, pc.struct_field(flat, "quantity"), strict=True)
    for index, lot, quantity in ((a.as_py(), b.as_py(), c.as_py()) for a, b, c in named):
        if lot is not None:
            before = picks[index].get(lot, 0)
            whole = before is None or quantity is None
            picks[index][lot] = None if whole else before + int(quantity)
    return picks


def integers(column: pa.Array) -> list[int | None]:
    """Return decimals of scale 0 as integers, from the two halves of their 128 bits (Decimals take nine times as long)."""
    words = memoryview(column.buffers()[1]).cast("B")[16 * column.offset :][: 16 * len(column)]
    halves = zip(words.cast("q")[1::2], words.cast("Q")[0::2], strict=True)
    numbers = [high << 64 | low for high, low in halves]
    if column.null_count == 0:
        return numbers
    return [number if known else None for number, known in zip(numbers, column.is_valid(), strict=True)]
