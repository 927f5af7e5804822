-- One row per leg of an event on a project's account: paid for it (plus) or come back (minus), on the company's day.
select
    legs.event_id,
    legs.leg_no,
    legs.company_id,
    accounts.project_id,
    {{ local_date('legs.occurred_at', 'companies.reporting_timezone') }} as moved_on,
    date_trunc('month', moved_on)::date as month,
    legs.value_usd,
    coalesce(events.group_id, events.event_id) as group_id,
    legs.is_illustrative
from {{ ref('int_legs') }} as legs
inner join {{ ref('int_events') }} as events on legs.event_id = events.event_id
inner join {{ ref('accounts') }} as accounts on legs.account_id = accounts.account_id
inner join {{ ref('companies') }} as companies on legs.company_id = companies.company_id
where legs.account_kind = 'capex' and accounts.project_id is not null
