-- One row per landed row: the row itself, where it is an event, or the reason why it is none.
select
    'coinbase' as source,
    'transactions' as entity,
    source_file,
    source_sha256,
    source_row,
    source_row as event_row,
    ignored_reason,
    landed_at
from {{ ref('stg_coinbase__transactions') }}
