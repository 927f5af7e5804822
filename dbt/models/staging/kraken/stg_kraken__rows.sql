-- One row per landed row of a ledger: the row at which its event stands, or the reason why it is none.
select
    'kraken' as source,
    'ledgers' as entity,
    source_file,
    source_sha256,
    source_row,
    event_row,
    ignored_reason,
    landed_at
from {{ ref('stg_kraken__ledgers') }}
