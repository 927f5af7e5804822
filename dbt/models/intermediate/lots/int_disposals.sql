-- One row per book and leg of an event that took coins out of a pool for good, with its proceeds.
select
    movements.movement_id as disposal_id,
    movements.sequence,
    movements.book,
    movements.event_id,
    movements.leg,
    movements.company_id,
    movements.occurred_at as disposed_at,
    {{ local_date('movements.occurred_at', 'companies.reporting_timezone') }} as disposed_on,
    {{ period_open('disposed_on', 'companies.fiscal_year_end', 'companies.reporting_timezone') }} as period_opened_at,
    movements.asset_id,
    movements.quantity as units,
    movements.method,
    case movements.leg when 'fee' then events.fee_usd else events.value_usd end as gross_proceeds_usd,
    case when movements.leg = 'fee' or events.fee_quantity is null then 0 else events.fee_usd end::{{ usd_type() }}
    as fee_usd
from {{ ref('int_coin_movements') }} as movements
inner join {{ ref('int_events') }} as events on movements.event_id = events.event_id
inner join {{ ref('companies') }} as companies on movements.company_id = companies.company_id
where movements.kind = 'dispose'
