-- One row per event of a list of transactions: each row that is neither pending nor failed is one.
with
    meanings as (
        select
            *,
            case
                when operation in ('deposit', 'mint')
                then if(from_asset = to_asset, 'deposit', 'trade')
                when operation in ('withdrawal', 'redeem', 'payout')
                then if(from_asset = to_asset, 'withdrawal', 'trade')
                when operation in ('switch_currency', 'internal_switch_currency')
                then 'trade'
                when operation = 'receive'
                then 'deposit'
                when operation = 'spend'
                then 'withdrawal'
                when operation = 'fork'
                then 'income'
            end as event_type,
            case when event_type is null then 'unknown_operation' end as operation_reason,
            case when native_id is null then 'missing_value' end as id_reason,
            -- A payment moves one asset; what stands on its other side is only what that was worth there.
            operation in ('receive', 'fork') as is_told_by_to,
            operation = 'spend' as is_told_by_from
        from {{ ref('stg_circle__transactions') }}
        where ignored_reason is null
    )

select
    'circle' as source,
    'transactions' as entity,
    native_id,
    occurred_at,
    event_type,
    case
        when operation in ('deposit', 'mint', 'receive')
        then '@transit'
        when operation = 'fork'
        then '@income'
        else from_account
    end as from_label,
    if(is_told_by_to, to_asset, from_asset) as from_asset,
    if(is_told_by_to, to_quantity, from_quantity) as from_quantity,
    if(operation in ('withdrawal', 'redeem', 'payout', 'spend'), '@transit', to_account) as to_label,
    if(is_told_by_from, from_asset, to_asset) as to_asset,
    if(is_told_by_from, from_quantity, to_quantity) as to_quantity,
    case
        when is_told_by_to and from_asset = 'USD' and to_asset <> 'USD'
        then from_quantity
        when is_told_by_from and to_asset = 'USD' and from_asset <> 'USD'
        then to_quantity
    end as value_usd,
    operation as note,
    {{ first_reason([
        ('status', 'status_reason'),
        ('reference_id', 'id_reason'),
        ('date', 'time_reason'),
        ('from_amount', 'from_reason'),
        ('to_amount', 'to_reason'),
        ('transaction_type', 'operation_reason'),
    ]) }},
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from meanings
