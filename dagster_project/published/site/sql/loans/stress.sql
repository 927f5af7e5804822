-- One row per open loan and move of prices: its loan-to-value after it, and what would cure it.
select
    loan_id, company_id, move_ratio, stressed_price_usd, stressed_ltv_ratio, stressed_state, collateral_to_post_usd,
    collateral_to_post_quantity, collateral_to_sell_usd, collateral_to_sell_quantity, ltv_ratio, loan_state, price_usd,
    principal_usd, collateral_asset, as_of, is_illustrative
from loan_stress
order by loan_id, move_ratio desc
