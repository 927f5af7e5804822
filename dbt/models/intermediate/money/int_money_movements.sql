-- One row per leg of an event that changes a company's money, in the order of coins: time, what arrives, what leaves.
with
    in_order as (
        select
            event_id,
            leg,
            company_id,
            occurred_at,
            pool_id,
            kind,
            quantity::{{ units_type() }} as quantity,
            cost::{{ units_type() }} as cost,
            method,
            reserved::{{ units_type() }} as reserved
        from {{ ref('int_money_legs') }}
        order by occurred_at, kind = 'dispose', event_id, leg
    )

-- An empty window numbers rows as they come: see int_coin_movements.
select
    row_number() over () as sequence,
    {{ lot_id("'money'", 'event_id', 'leg') }} as movement_id,
    *,
    null::varchar as to_pool_id
from in_order
