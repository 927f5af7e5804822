-- One row per landed row of an export that moved something.
select
    'trezor' as source,
    entity,
    concat_ws(':', transfer_hash, operation, asset, address_key) as native_id,
    transfer_hash as group_id,
    occurred_at,
    event_type,
    case event_type when 'deposit' then '@transit' else 'wallet' end as from_label,
    asset as from_asset,
    moved as from_quantity,
    case event_type when 'withdrawal' then '@transit' when 'fee' then '@expense' else 'wallet' end as to_label,
    asset as to_asset,
    moved as to_quantity,
    case when fee_quantity is not null then 'wallet' end as fee_label,
    case when fee_quantity is not null then fee_asset end as fee_asset,
    fee_quantity,
    transfer_hash,
    operation as note,
    reason,
    reason_column,
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from {{ ref('stg_trezor__transactions') }}
where ignored_reason is null
