-- One row per repayment and loan: what was paid, what was owed before and after, and whose money paid.
select
    repayment_id, repaid_at, company_id, loan_id, lender, amount_usd, principal_usd, interest_usd, fee_usd,
    principal_before_usd, principal_after_usd, ltv_before_ratio, ltv_after_ratio, paid_from_disposals_usd,
    paid_from_other_usd, unattributed_usd, funding_bases, funding_stated_usd, paid_in, paid_asset, paid_quantity,
    collateral_before_quantity, collateral_after_quantity, collateral_released_quantity, collateral_price_usd,
    extinguishment_gain_usd, is_illustrative, is_balance_illustrative, source_file, source_row, source_url, note,
    quarter_of(repaid_at) as _quarter
from loan_repayments
order by repaid_at desc, repayment_id
