-- One row per landed row of an export, read strictly, with the reason why it is no event, if it is none.
with
    suite as (
        select
            'suite' as entity,
            coalesce({{ seconds_as_time('timestamp') }}, {{ american_time('date_time') }}) as time,
            case
                upper({{ text_value('type') }})
                when 'RECV'
                then 'IN'
                when 'SENT'
                then 'OUT'
                else upper({{ text_value('type') }})
            end as operation,
            {{ text_value('transaction_id') }} as transfer_hash,
            address,
            -- Before there were units, only the name of the file told the asset: export-btc-….
            coalesce(
                {{ asset_value('amount_unit') }}, upper(nullif(regexp_extract(source_file, '-([A-Za-z]{3,4})-', 1), ''))
            ) as asset,
            coalesce({{ asset_value('fee_unit') }}, asset) as fee_asset,
            {{ number_value('amount') }} as amount,
            {{ number_value('fee') }} as fee,
            {{ number_reason('amount') }} as amount_reason,
            {{ number_reason('fee') }} as fee_reason,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('trezor', 'suite') }}
    ),

    -- Outputs of one transaction repeat its total; what they are less than it was the fee, which the first of them
    -- bears.
    web_wallet as (
        select
            'web_wallet' as entity,
            date || ' ' || time as time,
            upper({{ text_value('tx_type') }}) as operation,
            {{ text_value('tx_id') }} as transfer_hash,
            address,
            upper(nullif(regexp_extract(source_file, '_([A-Za-z]{3,4})[.][A-Za-z.]+$', 1), '')) as asset,
            asset as fee_asset,
            {{ number_value('value') }} as amount,
            case
                when operation = 'SELF'
                then abs({{ number_value('tx_total') }})
                when operation = 'OUT' and row_number() over (outputs order by source_row) = 1
                then abs({{ number_value('tx_total') }}) - sum({{ number_value('value') }}) over outputs
            end as fee,
            {{ number_reason('value') }} as amount_reason,
            {{ number_reason('tx_total') }} as fee_reason,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('trezor', 'web_wallet') }}
        window outputs as (partition by source_sha256, source_file, transfer_hash, operation)
    ),

    told as (
        select * replace ({{ time_in_zone('time', 'trezor') }} as time)
        from
            (
                select *
                from suite
                union all by name
                select *
                from web_wallet
            ) as exported
    ),

    readings as (
        select
            *,
            case
                when operation = 'IN'
                then 'deposit'
                when operation = 'OUT'
                then 'withdrawal'
                when operation in ('SELF', 'FAILED')
                then 'fee'
            end as event_type,
            {{ time_value('time') }} as occurred_at,
            {{ time_reason('time') }} as time_reason
        from told
    )

select
    entity,
    operation,
    transfer_hash,
    left(md5(address), 8) as address_key,
    occurred_at,
    event_type,
    if(event_type = 'fee', fee_asset, asset) as asset,
    if(event_type = 'fee', fee, amount) as moved,
    fee_asset,
    case when event_type = 'withdrawal' then nullif(fee, 0) end as fee_quantity,
    case
        when fee_reason is null and event_type = 'fee' and coalesce(fee, 0) = 0
        then if(operation = 'FAILED', 'failed', 'nothing_moved')
    end as ignored_reason,
    {{ first_reason([
        ('time', 'time_reason'),
        ('amount', 'amount_reason'),
        ('fee', 'fee_reason'),
        ('type', "case when event_type is null then 'unknown_operation' end"),
    ]) }},
    {{ content_hash(['time', 'asset', 'amount::varchar', 'fee::varchar']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
