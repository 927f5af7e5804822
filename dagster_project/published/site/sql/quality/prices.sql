-- One row per asset that is held: how old its price is on the last day.
select
    asset_id,
    max(date) as as_of,
    arg_max(price_usd, date) as price_usd,
    arg_max(price_at, date) as price_at,
    arg_max(price_age_days, date) as price_age_days
from positions_daily
where asset_id <> 'USD'
group by all
order by price_age_days desc nulls first, asset_id
