-- One row per landed row of a transaction export, read strictly, with its event or the reason why it is none.
with
    told as (
        select
            *,
            coalesce(lower({{ text_value('action') }}), '') as operation,
            coalesce(lower({{ text_value('status') }}), '') as state,
            {{ time_reason('date') }} as time_reason,
            {{ number_reason('quantity') }} as change_reason,
            {{ number_reason('fees') }} as fee_reason,
            {{ time_value('date') }} as occurred_at,
            {{ number_value('quantity') }} as change,
            {{ number_value('fees') }} as fee_quantity
        from {{ landed('sfox', 'transactions') }}
    ),

    readings as (
        select
            *,
            operation in ('buy', 'sell') and state <> 'pending' as is_trade,
            -- Of a trade, the side that is paid or received for it; the other may repeat the fee.
            operation not in ('buy', 'sell') or (operation = 'buy') = (change < 0) as bears_fee,
            case when state not in ('done', 'pending') then 'unknown_status' end as state_reason
        from told
    )

select
    {{ text_value('id') }} as row_id,
    {{ text_value('transaction_hash') }} as transfer_hash,
    occurred_at,
    operation,
    {{ text_value('memo') }} as memo,
    {{ asset_value('source_currency') }} as asset,
    change + case when bears_fee then coalesce(fee_quantity, 0) else 0 end as quantity,
    coalesce(fee_quantity, 0) as fee_quantity,
    bears_fee,
    is_trade,
    case
        when state = 'pending'
        then 'pending'
        when change = 0 and coalesce(fee_quantity, 0) = 0 and fee_reason is null and not is_trade
        then 'nothing_moved'
    end as ignored_reason,
    case
        when is_trade
        then min(source_row) over (partition by source_sha256, source_file, is_trade, operation, date)
        else source_row
    end as event_row,
    {{ first_reason([('date', 'time_reason'), ('quantity', 'change_reason'), ('fees', 'fee_reason'), ('status', 'state_reason')]) }},
    {{ content_hash([
        'date', 'operation', 'asset', 'coalesce(change::varchar, quantity)', 'coalesce(fee_quantity::varchar, fees)', 'transaction_hash',
    ]) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
