-- More left an account than is known to have arrived.
{{ config(severity='warn') }}
select
    account_id,
    asset_id,
    min(date) as since,
    min(quantity) as quantity
from {{ ref('positions_daily') }}
where quantity < 0
group by all
