-- One row per loan and day on which a margin call stands, with the day on which it came.
-- Thresholds are compared by cross-multiplication: a quotient would have been rounded first.
with
    compared as (
        select
            loan_id,
            date,
            case
                when principal_usd <= 0
                then false
                when principal_usd >= margin_call_ltv_ratio * lendable_usd
                then true
                when principal_usd <= coalesce(cure_ltv_ratio, margin_call_ltv_ratio) * lendable_usd
                then false
            end as called_or_cured
        from {{ ref('int_loans_valued') }}
        where margin_call_ltv_ratio is not null
    ),

    -- A call stands until the loan-to-value is back at the cure's, not only below the call's.
    called as (
        select loan_id, date, coalesce(last_value(called_or_cured ignore nulls) over until_now, false) as is_called
        from compared
        window until_now as (partition by loan_id order by date rows unbounded preceding)
    ),

    starts as (
        select
            *, is_called and not lag(is_called, 1, false) over (partition by loan_id order by date) as is_first_of_call
        from called
    )

select loan_id, date, max(if(is_first_of_call, date, null)) over until_now as margin_called_on
from starts
window until_now as (partition by loan_id order by date rows unbounded preceding)
qualify is_called
