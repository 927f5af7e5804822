-- One row per book, pool and lot of which units are left: where a lot lies now.
-- Apart from where and when it was acquired.
select
    movements.movement_id as lot_id,
    lots_left.pool_id,
    movements.book,
    movements.company_id,
    movements.asset_id,
    case when movements.kind = 'acquire' then movements.occurred_at end as acquired_at,
    {{ from_units('lots_left.quantity', 'assets.decimals') }} as quantity_left,
    {{ usd_from_cents('lots_left.cost') }} as cost_left_usd,
    {{ unit_price(usd_from_cents('lots_left.cost'), from_units('lots_left.quantity', 'assets.decimals')) }}
    as unit_cost_usd,
    coalesce(events.is_illustrative, false) as is_illustrative,
    events.source_file,
    events.source_row
from {{ ref('int_lots_left') }} as lots_left
inner join {{ ref('int_coin_movements') }} as movements on lots_left.lot_sequence = movements.sequence
inner join {{ ref('int_assets') }} as assets on movements.asset_id = assets.asset_id
left join {{ ref('int_events') }} as events on movements.event_id = events.event_id
