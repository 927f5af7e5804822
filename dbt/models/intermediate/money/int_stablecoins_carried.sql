-- One row per leg of an event that moves stablecoins: the cents they were carried at, beside transaction value.
-- What left without ever having come in was carried at nothing, so it is taken at its transaction value: no gain, no
-- loss.
with
    taken as (
        select sequence, sum(cost) as known, coalesce(sum(quantity) filter (where cost is null), 0) as missing_units
        from {{ ref('int_stablecoin_matches') }}
        group by sequence
    )

select
    movements.event_id,
    movements.leg,
    movements.company_id,
    movements.asset_id,
    movements.value,
    coalesce({{ share('movements.value', 'taken.missing_units', 'movements.quantity') }}, 0)::{{ units_type() }}
    as overdrawn,
    if(movements.kind = 'acquire', movements.value, coalesce(taken.known, 0) + overdrawn)::{{ units_type() }} as carried
from {{ ref('int_stablecoin_movements') }} as movements
left join taken on movements.sequence = taken.sequence
