-- One row per facility: its terms, what was drawn and repaid, and where it stands at the data date.
with totals as (
    select
        loan_id,
        min(occurred_at) filter (where drawn_usd > 0) as first_drawn_at,
        sum(drawn_usd) as drawn_usd,
        sum(principal_usd) as repaid_usd,
        sum(interest_usd) as interest_paid_usd,
        sum(fee_usd) as fee_paid_usd,
        bool_or(is_illustrative) as is_illustrative
    from {{ ref('int_loan_events') }}
    group by loan_id
),

today as (
    select * from {{ ref('loans_daily') }}
    qualify row_number() over (partition by loan_id order by date desc) = 1
)

select
    loans.loan_id,
    loans.company_id,
    loans.lender,
    loans.principal_asset,
    loans.opened_on,
    loans.matures_on,
    loans.annual_rate,
    loans.day_count,
    loans.initial_ltv_ratio,
    loans.margin_call_ltv_ratio,
    loans.cure_ltv_ratio,
    loans.liquidation_ltv_ratio,
    loans.lender_may_rehypothecate,
    totals.first_drawn_at,
    coalesce(totals.drawn_usd, 0)::{{ usd_type() }} as drawn_usd,
    coalesce(totals.repaid_usd, 0)::{{ usd_type() }} as repaid_usd,
    coalesce(totals.drawn_usd - totals.repaid_usd, 0)::{{ usd_type() }} as principal_usd,
    coalesce(totals.interest_paid_usd, 0)::{{ usd_type() }} as interest_paid_usd,
    today.accrued_interest_usd,
    coalesce(totals.fee_paid_usd, 0)::{{ usd_type() }} as fee_paid_usd,
    today.date as as_of,
    loans.collateral_asset,
    today.collateral_quantity,
    today.collateral_price_usd,
    today.collateral_price_at,
    today.collateral_value_usd,
    today.ltv_ratio,
    coalesce(today.loan_state, 'undrawn') as loan_state,
    case
        when today.principal_usd > 0
            then {{ unit_price('today.principal_usd', 'cast(today.collateral_quantity * loans.margin_call_ltv_ratio as ' ~ quantity_type() ~ ')') }}
    end as price_to_margin_call_usd,
    case
        when today.principal_usd > 0
            then {{ unit_price('today.principal_usd', 'cast(today.collateral_quantity * loans.liquidation_ltv_ratio as ' ~ quantity_type() ~ ')') }}
    end as price_to_liquidation_usd,
    coalesce(loans.is_illustrative, false) or coalesce(totals.is_illustrative, false) as is_illustrative,
    loans.source_url,
    loans.note
from {{ ref('loan_terms') }} as loans
left join totals on loans.loan_id = totals.loan_id
left join today on loans.loan_id = today.loan_id
