-- Principal, interest and fees of each day are those of the day before, changed by what was posted and what accrued.
with
    posted as (
        select
            loan_id,
            date,
            sum(case kind when 'payment' then - principal else principal end) as principal,
            sum(interest) filter (where kind = 'payment') as interest_paid,
            sum(interest) filter (where kind = 'capitalisation') as interest_capitalised,
            sum(fee_charged - fee) as fee
        from {{ ref('int_loan_postings') }}
        group by loan_id, date
    ),

    days as (
        select
            *,
            lag(principal, 1, 0) over of_loan as principal_before,
            lag(interest_due, 1, 0) over of_loan as interest_before,
            lag(fee_due, 1, 0) over of_loan as fee_before,
            lag(date) over of_loan as date_before
        from {{ ref('int_loan_days') }}
        window of_loan as (partition by loan_id order by date)
    )

select days.loan_id, days.date
from days
left join posted on days.loan_id = posted.loan_id and days.date = posted.date
where
    days.date_before + 1 <> days.date
    or days.principal <> days.principal_before + coalesce(posted.principal, 0)
    or days.fee_due <> days.fee_before + coalesce(posted.fee, 0)
    or days.interest_due
    <> days.interest_before
    + days.interest
    - coalesce(posted.interest_paid, 0)
    - coalesce(posted.interest_capitalised, 0)
