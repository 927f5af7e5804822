-- One row per event: a landed row that is one.
select
    'coinbase' as source,
    'transactions' as entity,
    native_id,
    occurred_at,
    event_type,
    from_label,
    from_asset,
    from_quantity,
    to_label,
    to_asset,
    to_quantity,
    fee_label,
    fee_asset,
    fee_quantity,
    value_usd,
    note,
    reason,
    reason_column,
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from {{ ref('stg_coinbase__transactions') }}
where ignored_reason is null
