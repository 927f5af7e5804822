-- One row per book and lot: units acquired together at one cost, what they cost, what is left of them and what that is worth.
with opened as (
    select
        movements.movement_id as lot_id,
        movements.book,
        movements.company_id,
        movements.event_id,
        movements.occurred_at as acquired_at,
        movements.pool_id,
        movements.asset_id,
        movements.quantity,
        movements.cost
    from {{ ref('int_movements') }} as movements
    where movements.kind = 'acquire' and movements.book <> 'money'
    union all
    -- Units that moved out of a pool which did not hold them: they arrive as a lot of unknown cost and date.
    select
        matches.movement_id,
        movements.book,
        movements.company_id,
        movements.event_id,
        null,
        matches.to_pool_id,
        movements.asset_id,
        matches.quantity,
        null
    from {{ ref('int_lot_matches') }} as matches
    inner join {{ ref('int_movements') }} as movements on matches.movement_id = movements.movement_id
    where matches.basis = 'shortfall' and matches.to_pool_id is not null
),

consumed as (
    select lot_id, sum(quantity)::{{ units_type() }} as quantity, sum(cost)::{{ units_type() }} as cost
    from {{ ref('int_lot_matches') }}
    where to_pool_id is null and lot_id is not null
    group by lot_id
),

left_over as (
    select
        opened.lot_id,
        opened.book,
        opened.company_id,
        opened.event_id,
        opened.acquired_at,
        opened.pool_id,
        opened.asset_id,
        {{ from_units('opened.quantity', 'assets.decimals') }} as quantity,
        {{ usd_from_cents('opened.cost') }} as cost_usd,
        {{ from_units('(opened.quantity - coalesce(consumed.quantity, 0))', 'assets.decimals') }} as quantity_left,
        {{ usd_from_cents('(opened.cost - coalesce(consumed.cost, 0))') }} as cost_left_usd
    from opened
    inner join {{ ref('assets') }} as assets on opened.asset_id = assets.asset_id
    left join consumed on opened.lot_id = consumed.lot_id
),

latest_prices as (
    select
        assets.asset_id,
        prices.price_usd,
        prices.priced_at
    from {{ ref('assets') }} as assets
    cross join {{ ref('int_data_date') }} as data_date
    {{ asof_left_join() }} {{ ref('int_prices') }} as prices
        on assets.asset_id = prices.asset_id and data_date.data_at >= prices.priced_at
)

select
    left_over.lot_id,
    left_over.book,
    left_over.company_id,
    left_over.event_id,
    left_over.acquired_at,
    left_over.pool_id,
    left_over.asset_id,
    left_over.quantity,
    left_over.cost_usd,
    left_over.quantity_left,
    left_over.cost_left_usd,
    latest_prices.price_usd,
    latest_prices.priced_at as price_at,
    case when left_over.quantity_left = 0 then 0 else {{ usd_value('left_over.quantity_left', 'latest_prices.price_usd') }} end::{{ usd_type() }}
        as fair_value_usd,
    (fair_value_usd - left_over.cost_left_usd)::{{ usd_type() }} as unrealized_gain_usd,
    events.is_illustrative,
    events.source_file,
    events.source_row
from left_over
inner join {{ ref('int_events') }} as events on left_over.event_id = events.event_id
left join latest_prices on left_over.asset_id = latest_prices.asset_id
