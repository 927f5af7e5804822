-- One row per loan and day from which other loan-to-values hold: of call, cure and liquidation, and hours to cure.
with
    stated as (
        select
            loan_id,
            date '2009-01-03' as effective_from,
            margin_call_ltv_ratio,
            cure_ltv_ratio,
            liquidation_ltv_ratio,
            cure_hours,
            false as is_amended
        from {{ ref('loan_terms') }}
        union all
        select loan_id, effective_from, margin_call_ltv_ratio, cure_ltv_ratio, liquidation_ltv_ratio, cure_hours, true
        from {{ ref('loan_amendments') }}
    )

-- What an amendment leaves empty stays as it was.
select
    loan_id,
    effective_from,
    last_value(margin_call_ltv_ratio ignore nulls) over until_now as margin_call_ltv_ratio,
    last_value(cure_ltv_ratio ignore nulls) over until_now as cure_ltv_ratio,
    last_value(liquidation_ltv_ratio ignore nulls) over until_now as liquidation_ltv_ratio,
    last_value(cure_hours ignore nulls) over until_now as cure_hours,
    is_amended
from stated
window until_now as (partition by loan_id order by effective_from rows unbounded preceding)
