-- One row per landed row of a statement: the row at which its event stands, or the reason why it is none.
select
    'binance' as source,
    'statements' as entity,
    source_file,
    source_sha256,
    source_row,
    event_row,
    ignored_reason,
    landed_at
from {{ ref('stg_binance__statements') }}
