-- One row per landed row of a list of transactions: the row at which its event stands, or the reason why it is none.
select
    'circle' as source,
    'transactions' as entity,
    source_file,
    source_sha256,
    source_row,
    source_row as event_row,
    ignored_reason,
    landed_at
from {{ ref('stg_circle__transactions') }}
