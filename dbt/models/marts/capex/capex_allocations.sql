-- One row per capex payment, source of money, and basis: which inflow paid for which project, stated or inferred.
select
    uses.use_id as capex_id,
    uses.company_id,
    accounts.project_id,
    projects.name as project_name,
    projects.project_kind,
    orders.commitment_id,
    uses.used_at as paid_at,
    uses.inflow_id,
    uses.inflow_kind,
    uses.inflow_at,
    uses.basis,
    uses.amount_usd,
    uses.is_illustrative,
    events.source_file,
    events.source_row,
    events.source_url
from {{ ref('proceeds_uses') }} as uses
inner join {{ ref('int_events') }} as events on uses.use_id = events.event_id
left join {{ ref('accounts') }} as accounts on uses.use_account = accounts.account_id
left join {{ ref('projects') }} as projects on accounts.project_id = projects.project_id
left join
    {{ ref('purchase_orders') }} as orders
    on events.group_id = orders.commitment_id
    and accounts.project_id = orders.project_id
where uses.use_kind = 'capex'
