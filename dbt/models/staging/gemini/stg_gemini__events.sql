-- One row per event of a transaction history: each row but its totals is one.
with
    meanings as (
        select
            *,
            case
                when operation in ('buy', 'sell')
                then 'trade'
                when operation = 'credit' and details like 'deposit%'
                then 'deposit'
                when operation = 'debit' and details like 'withdrawal%'
                then 'withdrawal'
                when
                    operation in ('credit', 'debit') and regexp_matches(details, '^(deposit|withdrawal|administrative)')
                then 'correction'
                when operation = 'interest credit'
                then 'income'
            end as event_type,
            case
                when details like 'administrative%'
                then '@suspense'
                when operation = 'interest credit'
                then '@income'
                else '@transit'
            end as other_label,
            case
                when event_type is null
                then 'unknown_operation'
                when event_type = 'trade'
                then if(from_count = 1 and to_count = 1, null, 'incomplete_trade')
                -- A credit is one asset that came, a debit one that left.
                when operation = 'debit'
                then if(from_count = 1 and to_count = 0, null, 'unknown_direction')
                else if(from_count = 0 and to_count = 1, null, 'unknown_direction')
            end as operation_reason,
            case when fee_count > 1 then 'two_fees' end as fee_reason
        from {{ ref('stg_gemini__transactions') }}
        where ignored_reason is null
    )

select
    'gemini' as source,
    'transactions' as entity,
    coalesce(trade_id, {{ own_id('content_hash') }}) as native_id,
    order_id as group_id,
    occurred_at,
    event_type,
    if(from_count > 0, '*', other_label) as from_label,
    coalesce(from_asset, to_asset) as from_asset,
    coalesce(from_quantity, to_quantity) as from_quantity,
    if(to_count > 0, '*', other_label) as to_label,
    coalesce(to_asset, from_asset) as to_asset,
    coalesce(to_quantity, from_quantity) as to_quantity,
    if(fee_count > 0, '*', null) as fee_label,
    fee_asset,
    fee_quantity,
    concat_ws('/', operation, nullif(details, '')) as note,
    {{ first_reason([('date', 'time_reason'), ('', 'leg_reason'), ('type', 'operation_reason'), ('assets', 'fee_reason')]) }},
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from meanings
