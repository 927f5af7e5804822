-- Every accepted row is one event, and every refused one is in rejected_rows: two marts together hold all that landed, duplicates aside.
select 'events' as mart, accepted.number as expected, events.number as found
from (select count(*) as number from {{ ref('int_events_checked') }} where row_status = 'accepted') as accepted
cross join (select count(*) as number from {{ ref('events') }}) as events
where accepted.number <> events.number
union all
select 'rejected_rows', rejected.number, refused.number
from (
    select
        (select count(*) from {{ ref('int_events_checked') }} where row_status = 'rejected')
        + (select count(*) from {{ ref('int_prices_checked') }} where row_status = 'rejected')
        + (select count(*) from {{ ref('int_balances_checked') }} where row_status = 'rejected')
        + (select count(*) from {{ source('landing', 'rejected_rows') }}) as number
) as rejected
cross join (select count(*) as number from {{ ref('rejected_rows') }}) as refused
where rejected.number <> refused.number
