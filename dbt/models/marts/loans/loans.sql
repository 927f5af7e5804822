-- One row per facility: its terms, what was drawn and repaid, and where it stands at the data date.
with
    totals as (
        select
            loan_id,
            min(occurred_at) filter (where drawn_usd > 0) as first_drawn_at,
            sum(drawn_usd) as drawn_usd,
            sum(principal_usd) as repaid_usd,
            sum(interest_usd) as interest_paid_usd,
            sum(fee_usd) as fee_paid_usd,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('int_loan_balances') }}
        group by loan_id
    ),

    tranches as (
        select loan_id, sum(amount)::{{ quantity_type() }} as amount from {{ ref('loan_tranches') }} group by loan_id
    ),

    today as (
        select * from {{ ref('loans_daily') }} qualify row_number() over (partition by loan_id order by date desc) = 1
    )

select
    loans.loan_id,
    loans.company_id,
    loans.lender,
    loans.principal_asset,
    loans.opened_on,
    loans.matures_on,
    loans.extended_to,
    loans.annual_rate,
    loans.day_count,
    loans.compounding,
    loans.interest_mode,
    loans.payment_order,
    loans.upfront_fee_ratio,
    loans.early_termination_fee_ratio,
    tranches.amount as committed_quantity,
    loans.initial_ltv_ratio,
    thresholds.margin_call_ltv_ratio,
    thresholds.cure_ltv_ratio,
    thresholds.liquidation_ltv_ratio,
    thresholds.cure_hours,
    loans.lender_may_rehypothecate,
    totals.first_drawn_at,
    coalesce(totals.drawn_usd, 0)::{{ usd_type() }} as drawn_usd,
    coalesce(totals.repaid_usd, 0)::{{ usd_type() }} as repaid_usd,
    coalesce(today.interest_capitalised_to_date_usd, 0)::{{ usd_type() }} as interest_capitalised_usd,
    coalesce(today.principal_usd, 0)::{{ usd_type() }} as principal_usd,
    coalesce(today.principal_quantity, 0)::{{ quantity_type() }} as principal_quantity,
    today.annual_rate as annual_rate_today,
    coalesce(totals.interest_paid_usd, 0)::{{ usd_type() }} as interest_paid_usd,
    today.accrued_interest_usd,
    coalesce(totals.fee_paid_usd, 0)::{{ usd_type() }} as fee_paid_usd,
    coalesce(today.fee_due_usd, 0)::{{ usd_type() }} as fee_due_usd,
    coalesce(today.outstanding_usd, 0)::{{ usd_type() }} as outstanding_usd,
    today.date as as_of,
    loans.collateral_asset,
    today.collateral_quantity,
    today.collateral_price_usd,
    today.collateral_price_at,
    today.collateral_value_usd,
    today.ltv_ratio,
    coalesce(today.loan_state, 'undrawn') as loan_state,
    today.state_rule,
    today.cure_due_at,
    today.headroom_usd,
    today.price_to_margin_call_usd,
    today.price_to_liquidation_usd,
    coalesce(loans.is_illustrative, false) or coalesce(totals.is_illustrative, false) as is_illustrative,
    loans.source_url,
    loans.note
from {{ ref('int_loan_terms_checked') }} as loans
left join totals on loans.loan_id = totals.loan_id
left join today on loans.loan_id = today.loan_id
left join tranches on loans.loan_id = tranches.loan_id
cross join
    {{ ref('int_data_date') }} as data_date
    {{ asof_left_join() }} {{ ref('int_loan_thresholds') }} as thresholds
    on loans.loan_id = thresholds.loan_id
    and coalesce(today.date, data_date.data_at::date) >= thresholds.effective_from
where loans.reason is null
