-- One row per landed row of a price file, read strictly: its values, or the reason why it could not be read.
with
    told as (
        select
            'kraken_ohlcvt' as entity,
            'kraken' as price_source,
            null::varchar as symbol,
            'daily close 24:00 UTC' as convention,
            'opened_at' as time_column,
            {{ seconds_as_time('opened_at', "interval '23:59:59'") }} as time,
            'close' as price_column,
            close as price,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('price_files', 'kraken_ohlcvt') }}
        union all
        select
            'coingecko',
            'coingecko',
            null,
            'sample at 00:00 UTC',
            'snapped_at',
            regexp_replace(snapped_at, ' UTC$', 'Z'),
            'price',
            price,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('price_files', 'coingecko') }}
        union all
        select
            'coinpaprika',
            'coinpaprika',
            null,
            'sample at 00:00 UTC',
            'datetime',
            {{ time_in_utc('datetime') }},
            'price',
            price,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('price_files', 'coinpaprika') }}
        union all
        select
            'daily_lists',
            'daily_lists',
            symbol,
            'daily price, time of day unknown',
            'date_iso',
            case
                when {{ text_value('time_berlin') }} = '00:00'
                then date_iso || 'T23:59:59Z'
                else date_iso || 'T' || time_berlin
            end,
            'price_usd',
            {{ without_decimal_comma('price_usd') }},
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('price_files', 'daily_lists') }}
    ),

    known as (
        select
            files.source_file,
            arg_max(price_files.asset_id, length(price_files.file_pattern)) as asset_id,
            arg_max(price_files.quote_asset, length(price_files.file_pattern)) as quote_asset
        from (select distinct source_file from told) as files
        inner join
            {{ ref('price_files') }} as price_files on {{ fits('files.source_file', 'price_files.file_pattern') }}
        group by files.source_file
    ),

    readings as (
        select
            told.*,
            coalesce({{ asset_value('told.symbol') }}, known.asset_id) as asset_id,
            case when told.symbol is not null then 'USD' else known.quote_asset end as quote_asset,
            case when told.symbol is null and known.asset_id is null then 'unknown_price_file' end as file_reason,
            {{ time_reason('time') }} as time_reason,
            {{ price_reason('price') }} as price_reason
        from told
        left join known on told.source_file = known.source_file
    )

select
    'price_files' as source,
    entity,
    price_source,
    asset_id,
    quote_asset,
    {{ time_value('time') }} as priced_at,
    {{ price_value('price') }} as price,
    convention,
    '' as source_url,
    coalesce(file_reason, time_reason, price_reason) as reason,
    case
        when file_reason is not null
        then 'the file'
        when time_reason is not null
        then time_column
        when price_reason is not null
        then price_column
    end as reason_column,
    {{ content_hash(['price', 'convention']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
