-- One row per asset and moment: the price in US dollars that the house uses, and whose it is.
select
    asset_id,
    priced_at,
    price::{{ price_type() }} as price_usd,
    convention,
    source_url
from {{ ref('int_prices_checked') }}
where row_status = 'accepted'
-- Two sources for one moment: the first by name, so that the choice never depends on luck.
qualify row_number() over (partition by asset_id, priced_at order by source, source_url) = 1
