-- What was owed before a posting, changed by its parts, is what is owed after it; and the next posting finds that.
with
    steps as (
        select
            *, lag(principal_after, 1, 0) over of_loan as principal_left, lag(fee_after, 1, 0) over of_loan as fee_left
        from {{ ref('int_loan_postings') }}
        -- Interest becomes principal at the start of its day, before any event.
        window of_loan as (partition by loan_id order by date, coalesce(sequence, 0))
    )

select loan_id, date, kind
from steps
where
    principal_before <> principal_left
    or fee_before <> fee_left
    or principal_after <> principal_before + case kind when 'payment' then - principal else principal end
    or interest_after <> interest_before - interest
    or fee_after <> fee_before + fee_charged - fee
