-- One row per landed price row of any source, with its status: accepted, restated, rejected (and why) or duplicate.
-- Restated: a later landing says something else.
with
    landed as ({{ union_of_sources('prices') }}),

    checks as (
        select
            landed.* replace (coalesce(landed.price_source, landed.source) as price_source),
            {{ missing_reason('landed', ['asset_id', 'quote_asset', 'priced_at', 'price']) }},
            case when assets.asset_id is null then 'unknown_asset' end as asset_reason,
            case when landed.quote_asset <> 'USD' then 'unknown_quote' end as quote_reason,
            case
                when landed.price <= 0
                then 'not_positive'
                when landed.price >= 10000000000
                then 'out_of_range'
                when landed.price <> landed.price::{{ price_type() }}
                then 'too_precise'
            end as price_reason
        from landed
        left join {{ ref('int_assets') }} as assets on landed.asset_id = assets.asset_id
    ),

    checked as (
        select
            checks.* exclude (
                reason, reason_column, missing_reason, missing_column, asset_reason, quote_reason, price_reason
            ),
            {{ first_reason([
            ('', 'checks.reason'),
            ('', 'checks.missing_reason'),
            ('asset_id', 'asset_reason'),
            ('quote_asset', 'quote_reason'),
            ('price', 'price_reason'),
        ]) }}
        from checks
    ),

    -- A price belongs to no company. It may not change a day that a company has closed if that company's events name
    -- the asset.
    named_assets as (
        select events.company_id, unnest([events.from_asset, events.to_asset, events.fee_asset]) as asset_id
        from {{ ref('int_events_checked') }} as events
        where
            events.row_status = 'accepted'
            and events.company_id in (select periods.company_id from {{ ref('int_closed_periods') }} as periods)
    ),

    closed_periods as (
        select distinct
            named_assets.asset_id,
            periods.period_id,
            periods.occurred_from,
            periods.occurred_until,
            periods.closed_at,
            periods.reopened_at
        from {{ ref('int_closed_periods') }} as periods
        inner join named_assets on periods.company_id = named_assets.company_id
    ),

    late as ({{ landed_too_late('checked', 'prices', 'closed_periods') }})

    {{ with_row_status('checked', 'prices', 'late') }}
