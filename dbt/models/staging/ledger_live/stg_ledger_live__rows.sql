-- One row per landed operation: the row at which its event stands, or the reason why it is none.
select
    'ledger_live' as source,
    'operations' as entity,
    source_file,
    source_sha256,
    source_row,
    source_row as event_row,
    ignored_reason,
    landed_at
from {{ ref('stg_ledger_live__operations') }}
