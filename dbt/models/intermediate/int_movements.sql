-- One row per book and leg of an event that changes what a pool holds, coins or money, in the declared order.
with movements as (
    select * from {{ ref('int_coin_movements') }}
    union all by name
    select * from {{ ref('int_money_movements') }}
)

select
    book || ':' || event_id || ':' || leg as movement_id,
    -- The declared order: time; at one instant what arrives, then what moves, then what leaves; then the event's id, which no
    -- re-sorted export can change (the row of a file could).
    row_number() over (
        order by
            occurred_at,
            case kind when 'acquire' then 0 when 'transfer' then 1 else 2 end,
            event_id,
            leg,
            book
    ) as sequence,
    book,
    asset_id,
    event_id,
    leg,
    company_id,
    occurred_at,
    pool_id,
    to_pool_id,
    kind,
    quantity::{{ units_type() }} as quantity,
    cost::{{ units_type() }} as cost,
    method,
    reserved::{{ units_type() }} as reserved,
    lot_picks
from movements
