-- One row per landed row of prices*, read strictly: its values, or the reason why it could not be read.
with
    readings as (
        select *, {{ time_reason('priced_at') }} as priced_at_reason, {{ number_reason('price') }} as price_reason
        from {{ landed('treasury_csv', 'prices') }}
    )

select
    'treasury_csv' as source,
    'prices' as entity,
    {{ asset_value('asset_id') }} as asset_id,
    {{ asset_value('quote_asset') }} as quote_asset,
    {{ time_value('priced_at', 'priced_at_reason') }} as priced_at,
    {{ number_value('price', 'price_reason') }} as price,
    convention,
    coalesce(source_url, '') as source_url,
    {{ first_reason([('priced_at', 'priced_at_reason'), ('price', 'price_reason')]) }},
    {{ content_hash(['price', 'convention']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
