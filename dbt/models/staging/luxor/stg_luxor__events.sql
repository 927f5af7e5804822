-- One row per payout: mining revenue on its way to an address of the company.
select
    'luxor' as source,
    'transactions' as entity,
    concat_ws(':', transfer_hash, subaccount, label) as native_id,  -- one transaction may pay several
    null::varchar as group_id,
    occurred_at,
    'mining_reward' as event_type,
    '@income' as from_label,
    asset as from_asset,
    quantity as from_quantity,
    label as to_label,
    asset as to_asset,
    quantity as to_quantity,
    value_usd,
    transfer_hash,
    concat_ws(', ', category, subaccount) as note,
    reason,
    reason_column,
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from {{ ref('stg_luxor__transactions') }}
where ignored_reason is null
