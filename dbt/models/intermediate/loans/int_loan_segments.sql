-- One row per loan and stretch of days on which nothing changes, both ends included, in whole units.
select
    loan_id,
    first_date,
    last_date,
    principal,
    base,
    rate,
    numerator,
    interest_paid,
    interest_capitalised,
    fee_charged,
    fee_paid
from {{ ref('int_loans_walked') }}
where first_date is not null
