-- One row per landed row: the row itself, where it is an event or a balance, or the reason why it is neither.
select
    'bank' as source,
    entity,
    source_file,
    source_sha256,
    source_row,
    source_row as event_row,
    min(ignored_reason) as ignored_reason,
    landed_at
from {{ ref('stg_bank__transactions') }}
group by all
union all
select
    'bank' as source,
    'balances' as entity,
    source_file,
    source_sha256,
    source_row,
    source_row as event_row,
    case when coalesce(balance_type, '') not in ('OPBD', 'PRCD', 'CLBD') then 'not_booked' end as ignored_reason,
    landed_at
from {{ landed('bank', 'balances') }}
