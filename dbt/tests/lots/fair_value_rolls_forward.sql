-- opening + additions − disposals + gains − losses = closing, in units and in dollars; a month opens where the last
-- one closed.
select book, company_id, asset_id, month
from
    (
        select
            *, lag(closing_quantity) over by_month as previous_quantity, lag(closing_usd) over by_month as previous_usd
        from {{ ref('fair_value_monthly') }}
        window by_month as (partition by book, company_id, asset_id order by month)
    ) as months
where
    opening_quantity + additions_quantity - disposals_quantity <> closing_quantity
    or opening_usd + additions_usd - disposals_usd + gains_usd - losses_usd <> closing_usd
    or opening_quantity <> previous_quantity
    or opening_usd <> previous_usd
    or (gains_usd > 0 and losses_usd > 0)
