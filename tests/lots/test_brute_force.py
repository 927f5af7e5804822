"""Random ledgers against a second engine that moves one unit at a time, and the laws that they all obey.

`COFFER_DEEP=50000 pytest tests/lots/test_brute_force.py` tries that many, others each time, and prints how
to replay a failure.
"""

import os

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.lots import match
from tests.lots import reference
from tests.lots.laws import LAWS, books_of
from tests.lots.ledgers import LARGE, SMALL, ledgers, match_both

DEEP = int(os.environ.get("COFFER_DEEP", "0"))
many = settings(
    max_examples=DEEP or 2_000,
    derandomize=not DEEP,
    print_blob=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
some = settings(many, max_examples=DEEP // 10 or 200)


@given(ledgers(SMALL))
@many
def test_the_engine_agrees_with_one_that_moves_a_unit_at_a_time(ledger):
    books = books_of(ledger, match_both(*ledger.tables()))
    matches, left = reference.match(*ledger)
    assert list(matches.items()) == [
        ((row["sequence"], row["lot_sequence"], row["basis"]), [row["quantity"], row["cost"]])
        for row in books.matches
    ]
    assert left == {
        (row["pool_id"], row["lot_sequence"]): [row["quantity_left"], row["cost_left"]]
        for row in books.open_lots
    }
    for law in LAWS:
        law(books)


@given(ledgers(LARGE))
@some
def test_the_laws_hold_for_all_ether_in_wei(ledger):
    books = books_of(ledger, match_both(*ledger.tables()))
    for law in LAWS:
        law(books)


@given(ledgers(SMALL), st.randoms(use_true_random=False), st.sampled_from([1, 10]))
@some
def test_the_order_of_rows_and_the_size_of_chunks_change_nothing(ledger, shuffler, gap):
    """Rows whose sequences lie close are put in order by counting, others by sorting."""
    movements, picks = (renumbered(table, gap) for table in ledger.tables())
    matched = match(movements, picks)
    movements, picks = shuffled(movements, shuffler), shuffled(picks, shuffler)
    assert match_both(movements, picks) == matched
    reader = pa.RecordBatchReader.from_batches(movements.schema, movements.to_batches(max_chunksize=3))
    assert match(reader, picks) == matched


def renumbered(table: pa.Table, gap: int) -> pa.Table:
    """Say how far apart sequences are; they come in tens."""
    for name in {"sequence", "lot_sequence"} & set(table.column_names):
        numbers = [number // 10 * gap for number in table[name].to_pylist()]
        table = table.set_column(table.column_names.index(name), name, pa.array(numbers, pa.int64()))
    return table


def shuffled(table: pa.Table, shuffler) -> pa.Table:
    """Put rows into another order, in two chunks."""
    table = table.take(pa.array(shuffler.sample(range(len(table)), len(table)), pa.int64()))
    half = len(table) // 2
    return pa.concat_tables([table[:half], table[half:]])
