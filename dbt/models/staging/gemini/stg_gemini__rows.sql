-- One row per landed row of a transaction history: the row at which its event stands, or the reason why it is none.
select
    'gemini' as source,
    'transactions' as entity,
    source_file,
    source_sha256,
    source_row,
    source_row as event_row,
    ignored_reason,
    landed_at
from {{ ref('stg_gemini__transactions') }}
