-- One row per book, company, asset and month: the roll-forward of fair value, ASC 350-60-50-3.
select
    month, company_id, book, asset_id, opening_usd, additions_usd, disposals_usd, gains_usd, losses_usd, closing_usd,
    cost_usd, opening_quantity, additions_quantity, disposals_quantity, closing_quantity, pledged_quantity,
    receivable_quantity, receivable_usd, closing_price_usd, closing_price_at, is_illustrative,
    quarter_of(month) as _quarter
from fair_value_monthly
order by month desc, company_id, book, asset_id
