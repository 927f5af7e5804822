-- One row per book and leg of an event that changes what a pool of coins holds, in the declared order.
with
    movements as (
        select *
        from {{ ref('int_coin_legs') }}
        union all by name
        select *
        from {{ ref('int_basis_allocated') }}
    ),

    -- The declared order: time; at one instant a new scope of the pools, what arrives, what moves (into transit
    -- before out of it, and fees that stay in the cost before both), what leaves; then the event's id, which no
    -- re-sorted export can change (the row of a file could).
    in_order as (
        select
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
            method
        from movements
        order by
            occurred_at,
            case when leg = 'allocation' then 0 else 1 end,
            case kind when 'acquire' then 0 when 'dispose' then 2 else 1 end,
            kind in ('absorb', 'transfer') and coalesce(is_in_transit, false),
            kind = 'transfer',
            event_id,
            leg,
            book
    )

-- A window with an order of its own would hold all of its rows in memory; an empty one numbers them as they come.
select
    row_number() over () as sequence,
    {{ lot_id('book', 'event_id', 'leg') }} as movement_id,
    *,
    null::{{ units_type() }} as reserved
from in_order
