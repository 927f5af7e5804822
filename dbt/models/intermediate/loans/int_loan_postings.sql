-- One row per drawdown, payment and capitalisation of a loan: its parts, and what was owed before and after it.
-- In whole units.
select
    loan_id,
    sequence,
    date,
    kind,
    amount,
    fee,
    interest,
    principal,
    fee_charged,
    principal_before,
    interest_before,
    fee_before,
    principal_after,
    interest_after,
    fee_after
from {{ ref('int_loans_walked') }}
where kind is not null
