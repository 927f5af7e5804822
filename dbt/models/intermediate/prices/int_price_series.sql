-- One row per asset, day and series of prices (source, convention, address): the last price of the day.
-- Midnight ends a day.
select
    asset_id,
    cast(priced_at - interval 1 second as date) as date,
    concat_ws(' · ', price_source, nullif(convention, ''), nullif(source_url, '')) as series,
    price::{{ price_type() }} as price_usd
from {{ ref('int_prices_checked') }}
where row_status = 'accepted'
qualify row_number() over (partition by asset_id, date, series order by priced_at desc) = 1
