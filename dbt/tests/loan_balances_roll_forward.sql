-- Principal before a payment's transaction, changed by its events, is the principal after it.
select
    events.loan_id,
    events.event_id
from {{ ref('int_loan_events') }} as events
left join {{ ref('int_loan_events') }} as previous on events.loan_id = previous.loan_id and events.event_no = previous.event_no + 1
where events.principal_after_usd <> coalesce(previous.principal_after_usd, 0) + events.drawn_usd - events.principal_usd
