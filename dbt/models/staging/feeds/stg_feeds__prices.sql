-- One row per fetched price, read strictly: its values, or the reason why it could not be read.
with
    readings as (
        select *, {{ time_reason('priced_at') }} as priced_at_reason, {{ price_reason('price') }} as price_reason
        from {{ landed('feeds', 'prices') }}
    )

select
    'feeds' as source,
    'prices' as entity,
    {{ text_value('venue') }} as price_source,
    {{ asset_value('asset_id') }} as asset_id,
    {{ asset_value('quote_asset') }} as quote_asset,
    {{ time_value('priced_at') }} as priced_at,
    {{ price_value('price') }} as price,
    convention,
    coalesce(source_url, '') as source_url,
    {{ first_reason([('priced_at', 'priced_at_reason'), ('price', 'price_reason')]) }},
    {{ content_hash(['price', 'convention']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
