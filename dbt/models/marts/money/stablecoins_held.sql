-- One row per company and stablecoin that it holds: what it is carried at, and what it is worth at the data date.
-- Other money than dollars counts as a stablecoin.
with
    pools as (
        select
            movements.pool_id,
            movements.company_id,
            movements.asset_id,
            bool_or(events.is_illustrative) as is_illustrative
        from {{ ref('int_stablecoin_movements') }} as movements
        inner join {{ ref('int_events') }} as events on movements.event_id = events.event_id
        group by movements.pool_id, movements.company_id, movements.asset_id
    ),

    held as (
        select
            pools.company_id,
            pools.asset_id,
            pools.is_illustrative,
            {{ from_units('sum(lots.quantity)', 'assets.decimals') }} as quantity,
            {{ usd_from_cents('sum(lots.cost)') }} as carrying_usd
        from {{ ref('int_stablecoins_left') }} as lots
        inner join pools on lots.pool_id = pools.pool_id
        inner join {{ ref('int_assets') }} as assets on pools.asset_id = assets.asset_id
        group by pools.company_id, pools.asset_id, pools.is_illustrative, assets.decimals
    )

select
    held.company_id,
    held.asset_id,
    held.quantity,
    held.carrying_usd,
    prices.price_usd,
    prices.priced_at as price_at,
    {{ usd_value('held.quantity', 'prices.price_usd') }} as fair_value_usd,
    (fair_value_usd - held.carrying_usd)::{{ usd_type() }} as unrealized_gain_usd,
    held.is_illustrative
from held
cross join {{ ref('int_data_date') }} as data_date {{ price_at('held', 'held.asset_id', 'data_date.data_at') }}
