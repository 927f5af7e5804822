"""Arrow in, Arrow out: what movements must look like, and what comes back."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots.faults import refuse_faults
from dagster_project.lots.matching import match_movements
from dagster_project.lots.types import Matches, Movement, Picks, Pool

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
      reserved     for `acquire`: units of the lot that only movements which name it may take; null for none
      method       the policy in force, a key of METHODS; not needed for `acquire`
      lot_picks    lots named for this movement, quantity null for as much as is needed; honoured in their
                   order by `specific` and `newest`, ignored by other methods. What cannot be had from them
                   (unknown, elsewhere, used up, too little) is matched by rank, and its basis says so.

    Returns one match per movement, lot and basis, by sequence and match_no, with its quantity, its cost (null
    where unknown) and its basis: `specific` or `named` where the lot was named, `shortfall` (no lot, no cost)
    where the pool had none left, otherwise the method whose rank decided. And one open lot per pool and lot,
    by pool and age. A transfer's shortfall arrives as a lot of unknown cost that has the transfer's id.
    Raises ValueError for movements that make no sense, with the movement_id and what is wrong with it.
    """
    ordered = (
        movements.select(MOVEMENTS.names)
        .cast(MOVEMENTS)
        .sort_by([("sequence", "ascending"), ("movement_id", "ascending")])
        .combine_chunks()
    )
    refuse_faults(ordered)
    matches, pools = match_movements(read(ordered))
    return Matched(write_matches(ordered, matches), write_open_lots(ordered, pools))


def read(movements: pa.Table) -> Iterator[Movement]:
    """Read movements that are in order and without faults, a batch at a time."""
    picks = read_picks(movements)
    index = 0
    for batch in movements.to_batches(BATCH_ROWS):
        yield from zip(
            batch["kind"].to_pylist(),
            batch["pool_id"].to_pylist(),
            batch["to_pool_id"].to_pylist(),
            integers(batch["quantity"]),
            integers(batch["cost"]),
            integers(batch["reserved"].fill_null(0)),
            batch["method"].to_pylist(),
            map(picks.get, range(index, index + batch.num_rows)),
            strict=True,
        )
        index += batch.num_rows


def read_picks(movements: pa.Table) -> dict[int, Picks]:
    """Read the lots that were named, by movement: each lot once, and none whose id is no movement's."""
    lists = movements["lot_picks"].combine_chunks()
    flat = pc.list_flatten(lists)
    if not len(flat):
        return {}
    lots = pc.index_in(pc.struct_field(flat, "lot_id"), movements["movement_id"].combine_chunks())
    columns = pc.list_parent_indices(lists), lots, pc.struct_field(flat, "quantity")
    picks: dict[int, Picks] = defaultdict(dict)
    for index, lot, quantity in zip(*(column.to_pylist() for column in columns), strict=True):
        if lot is not None:
            before = picks[index].get(lot, 0)
            as_needed = before is None or quantity is None
            picks[index][lot] = None if as_needed else before + int(quantity)
    return picks


def integers(column: pa.Array) -> list[int | None]:
    """Return decimals of scale 0 as integers, from both their words: nine times as fast as by Decimal."""
    words = memoryview(column.buffers()[1]).cast("B")[16 * column.offset :][: 16 * len(column)]
    halves = zip(words.cast("q")[1::2], words.cast("Q")[0::2], strict=True)
    numbers = [high << 64 | low for high, low in halves]
    if column.null_count == 0:
        return numbers
    is_known = column.is_valid().to_pylist()
    return [number if known else None for number, known in zip(numbers, is_known, strict=True)]


def write_matches(movements: pa.Table, matches: Matches) -> pa.Table:
    """Lay out matches in the schema MATCHES, with the names of their movements, lots and pools."""
    rows = pa.array(matches.movements, pa.int64())
    columns = {
        "movement_id": movements["movement_id"].take(rows),
        "match_no": matches.numbers,
        "pool_id": movements["pool_id"].take(rows),
        "to_pool_id": movements["to_pool_id"].take(rows),
        "lot_id": movements["movement_id"].take(pa.array(matches.lots, pa.int64())),
        "quantity": matches.quantities,
        "cost": matches.costs,
        "basis": matches.bases,
    }
    return pa.table(columns, MATCHES)


def write_open_lots(movements: pa.Table, pools: dict[str, Pool]) -> pa.Table:
    """Lay out what lies in the pools in the schema OPEN_LOTS, by pool and age of the lot."""
    pool_ids, lots, parcels = [], [], []
    for pool_id, pool in sorted(pools.items()):
        lots += sorted(pool.parcels)
        pool_ids += [pool_id] * len(pool.parcels)
        parcels += map(pool.parcels.get, sorted(pool.parcels))
    columns = {
        "pool_id": pool_ids,
        "lot_id": movements["movement_id"].take(pa.array(lots, pa.int64())),
        "quantity_left": [parcel.quantity_left for parcel in parcels],
        "cost_left": [parcel.cost_left for parcel in parcels],
    }
    return pa.table(columns, OPEN_LOTS)
