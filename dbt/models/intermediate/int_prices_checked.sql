-- One row per landed price row of any source, with its fate: accepted, rejected (and why) or duplicate.
with landed as (
    {{ union_of_sources('prices') }}
),

checks as (
    select
        landed.* replace (coalesce(landed.price_source, landed.source) as price_source),
        {{ missing_reason('landed', ['asset_id', 'quote_asset', 'priced_at', 'price']) }},
        case when assets.asset_id is null then 'unknown_asset' end as asset_reason,
        case when landed.quote_asset <> 'USD' then 'unknown_quote' end as quote_reason,
        case
            when landed.price <= 0 then 'not_positive'
            when landed.price >= 10000000000 then 'out_of_range'
            when landed.price <> landed.price::{{ price_type() }} then 'too_precise'
        end as price_reason
    from landed
    left join {{ ref('assets') }} as assets on landed.asset_id = assets.asset_id
),

judged as (
    select
        checks.* exclude (reason, reason_column, missing_reason, missing_column, asset_reason, quote_reason, price_reason),
        {{ first_reason([
            ('', 'checks.reason'),
            ('', 'checks.missing_reason'),
            ('asset_id', 'asset_reason'),
            ('quote_asset', 'quote_reason'),
            ('price', 'price_reason'),
        ]) }}
    from checks
)

{{ with_row_status('judged', ['source', 'price_source', 'source_url', 'asset_id', 'priced_at']) }}
