-- More was paid for a commitment than was ordered, or a payment for one project names the commitment of another and
-- so counts for neither.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select commitment_id, project_id, paid_usd
from {{ ref('commitments') }}
where commitment_state = 'overpaid'
union all
select orders.commitment_id, movements.project_id, movements.value_usd
from {{ ref('int_capex_movements') }} as movements
inner join
    {{ ref('purchase_orders') }} as orders
    on movements.group_id = orders.commitment_id
    and movements.project_id <> orders.project_id
