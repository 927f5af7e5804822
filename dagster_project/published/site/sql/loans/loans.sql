-- One row per facility: its terms, and where it stands.
select
    loan_id, company_id, lender, loan_state, principal_usd, outstanding_usd, ltv_ratio, margin_call_ltv_ratio,
    liquidation_ltv_ratio, price_to_margin_call_usd, price_to_liquidation_usd, collateral_price_usd, headroom_usd,
    collateral_asset, collateral_quantity, collateral_value_usd, drawn_usd, repaid_usd, interest_paid_usd,
    accrued_interest_usd, fee_paid_usd, fee_due_usd, annual_rate_today, principal_asset, opened_on, matures_on,
    extended_to, cure_ltv_ratio, cure_hours, cure_due_at, initial_ltv_ratio, state_rule, lender_may_rehypothecate,
    as_of, is_illustrative, note, source_url,
    row_number() over (order by principal_usd desc, loan_id) - 1 as _daily_chunk
from loans
order by principal_usd desc, loan_id
