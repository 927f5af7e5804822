-- One row per landed row of a transaction export: the row at which its event stands, or the reason why it is none.
select
    'sfox' as source,
    'transactions' as entity,
    source_file,
    source_sha256,
    source_row,
    event_row,
    ignored_reason,
    landed_at
from {{ ref('stg_sfox__transactions') }}
