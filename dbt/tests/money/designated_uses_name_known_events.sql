-- A use that names an event which never landed would silently trace nothing: mend the id in seeds/designated_uses.csv.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select uses.inflow_event_id, uses.use_event_id
from {{ ref('designated_uses') }} as uses
left join {{ ref('int_events') }} as inflows on uses.inflow_event_id = inflows.event_id
left join {{ ref('int_events') }} as payments on uses.use_event_id = payments.event_id
where inflows.event_id is null or (uses.use_event_id is not null and payments.event_id is null)
