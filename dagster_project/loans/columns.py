"""Arrow in, Arrow out: what loans must look like, and what comes back."""

from collections import defaultdict
from typing import NamedTuple

import pyarrow as pa

from dagster_project.loans.walk import Move, Posting, Segment, Terms, walk

INTEGER = pa.decimal128(38, 0)
TERMS = pa.schema(
    {
        "loan_id": pa.string(),
        "day_count": pa.string(),
        "compounding": pa.string(),
        "interest_mode": pa.string(),
        "payment_order": pa.string(),
        "upfront_fee": pa.int64(),
        "early_termination_fee": pa.int64(),
        "matures_on": pa.date32(),
        "until": pa.date32(),
    }
)
RATES = pa.schema({"loan_id": pa.string(), "effective_from": pa.date32(), "rate": pa.int64()})
MOVES = pa.schema(
    {
        "loan_id": pa.string(),
        "sequence": pa.int64(),
        "date": pa.date32(),
        "amount": INTEGER,
        "stated": pa.string(),
    }
)
SEGMENTS = pa.schema(
    {"loan_id": pa.string(), "first_date": pa.date32(), "last_date": pa.date32(), "principal": INTEGER}
    | {"base": INTEGER, "rate": pa.int64(), "numerator": INTEGER}
    | dict.fromkeys(("interest_paid", "interest_capitalised", "fee_charged", "fee_paid"), INTEGER)
)
POSTINGS = pa.schema(
    {"loan_id": pa.string(), "sequence": pa.int64(), "date": pa.date32(), "kind": pa.string()}
    | dict.fromkeys(("amount", "fee", "interest", "principal", "fee_charged"), INTEGER)
    | dict.fromkeys(("principal_before", "interest_before", "fee_before"), INTEGER)
    | dict.fromkeys(("principal_after", "interest_after", "fee_after"), INTEGER)
)
EPOCH = 719_163  # the ordinal of 1970-01-01, from which Arrow counts days


class Walked(NamedTuple):
    """Stretches of days (schema SEGMENTS) and what changed between them (schema POSTINGS)."""

    segments: pa.Table
    postings: pa.Table


def walk_loans(terms: pa.Table, rates: pa.Table, moves: pa.Table) -> Walked:
    """Walk all loans that have moves.

    Columns of `terms` (schema TERMS), a row a loan:
      day_count              act/360, act/365, act/act or 30/360; null: interest is not known
      compounding            none, daily, monthly, quarterly, yearly: when interest starts to earn interest
      interest_mode          paid, or capitalised (it then becomes principal when it compounds)
      payment_order          fee, interest and principal joined by commas
      upfront_fee            1e-8 of each drawdown; early_termination_fee: 1e-8 of the principal whose
                             repayment ends the loan before matures_on
      until                  the last day of its segments, not before its last move

    Columns of `rates` (schema RATES): rate is 1e-8 a year, from the day `effective_from` on.
    Columns of `moves` (schema MOVES), in any order: `sequence` is their order and is unique within a loan;
    amount is in units, above zero for a drawdown, below zero for a payment; stated is what a payment says
    it is (fee, interest, principal), or null.

    Returns segments by loan and day, and postings by loan in the order in which they happened. The interest
    of all days up to day d of a segment is (numerator + base × rate × weight of its days up to d) / YEAR.
    Raises ValueError for a loan that accrues and has no rate on its first day.
    """
    rates_of, moves_of = defaultdict(list), defaultdict(list)
    for loan_id, day, rate in rows(rates, RATES):
        rates_of[loan_id].append((day, rate))
    for loan_id, sequence, day, amount, stated in rows(moves, MOVES):
        moves_of[loan_id].append(Move(sequence, day, int(amount), stated))
    segments, postings = [], []
    for loan_id, day_count, compounding, mode, order, upfront, early, matures, until in sorted(
        rows(terms, TERMS)
    ):
        if not moves_of[loan_id]:
            continue
        read = Terms(
            day_count, compounding, mode == "capitalised", tuple(order.split(",")), upfront, early, matures
        )
        try:
            walked = walk(read, sorted(rates_of[loan_id]), sorted(moves_of[loan_id]), until)
        except ValueError as error:
            raise ValueError(f"Loan {loan_id}: {error}") from error
        segments += [(loan_id, *segment) for segment in walked[0]]
        postings += [(loan_id, *posting) for posting in walked[1]]
    return Walked(
        table(segments, SEGMENTS, ("loan_id", *Segment._fields)),
        table(postings, POSTINGS, ("loan_id", *Posting._fields)),
    )


def rows(source: pa.Table, schema: pa.Schema) -> list[tuple]:
    """Return rows as tuples in the schema's order, days as ordinals."""
    columns = []
    for name in schema.names:
        column = source[name].cast(schema.field(name).type)
        if schema.field(name).type == pa.date32():
            values = column.cast(pa.int32()).to_pylist()
            columns.append([None if value is None else value + EPOCH for value in values])
        else:
            columns.append(column.to_pylist())
    return list(zip(*columns, strict=True))


def table(found: list[tuple], schema: pa.Schema, names: tuple[str, ...]) -> pa.Table:
    """Lay out rows in a schema whose fields stand in the order of `names`."""
    columns = list(zip(*found, strict=True)) if found else [()] * len(names)
    arrays = []
    for column, field in zip(columns, schema, strict=True):
        if field.type == pa.date32():
            arrays.append(pa.array([day - EPOCH for day in column], pa.int32()).cast(field.type))
        else:
            arrays.append(pa.array(column, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)
