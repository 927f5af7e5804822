"""One row per loan and stretch of days without a change, and per drawdown, payment and capitalisation."""

import pyarrow as pa

from dagster_project.loans import MOVES, RATES, TERMS, walk_loans

# What the loan engine calls its columns, as int_loan_terms_checked says them.
TERM_COLUMNS = """
    loan_id, interest_day_count as day_count, compounding, interest_mode, payment_order,
    cast(upfront_fee_ratio * 100000000::decimal(9, 0) as bigint) as upfront_fee,
    cast(early_termination_fee_ratio * 100000000::decimal(9, 0) as bigint) as early_termination_fee,
    due_on as matures_on, until
"""
RATE_COLUMNS = """
    loan_id, effective_from, cast(annual_rate * 100000000::decimal(9, 0) as bigint) as rate
"""


def model(dbt, session):
    dbt.config(materialized="table")
    data_at = dbt.ref("int_data_date").project("data_at::date as day")
    checked = dbt.ref("int_loan_terms_checked")
    good = checked.filter("reason is null and first_date is not null").set_alias("terms")
    terms = good.cross(data_at.set_alias("today")).project("*, greatest(last_date, day) as until")
    loans = good.project("loan_id as good_id, interest_day_count")
    rates = dbt.ref("int_loan_rates").join(loans, "loan_id = good_id")
    moves = dbt.ref("int_loan_moves").join(loans, "loan_id = good_id")
    walked = walk_loans(
        terms.project(TERM_COLUMNS).to_arrow_table().select(TERMS.names),
        rates.filter("interest_day_count is not null and annual_rate is not null")
        .project(RATE_COLUMNS)
        .to_arrow_table()
        .select(RATES.names),
        moves.project(", ".join(MOVES.names)).to_arrow_table(),
    )
    return pa.concat_tables([walked.segments, walked.postings], promote_options="default")
