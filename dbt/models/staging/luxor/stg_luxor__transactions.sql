-- One row per landed transaction, read strictly, with the reason why it is no event, if it is none.
with
    readings as (
        select
            *,
            {{ text_value('address_name') }} as label,
            {{ text_value('subaccount_name') }} as subaccount,
            coalesce({{ text_value('transaction_category') }}, {{ text_value('description') }}) as category,
            {{ text_value('transaction_id') }} as transfer_hash,
            {{ time_value('date_time') }} as occurred_at,
            {{ asset_value('currency_type') }} as asset,
            {{ number_value('currency_amount') }} as quantity,
            {{ number_value('usd_equivalent') }} as value_usd,
            {{ time_reason('date_time') }} as time_reason,
            {{ number_reason('currency_amount') }} as amount_reason,
            {{ number_reason('usd_equivalent') }} as value_reason,
            case
                when
                    coalesce(lower(category), '') <> 'miner revenue'
                    or lower(coalesce(transaction_type, 'debit')) <> 'debit'
                then 'unknown_operation'
            end as operation_reason
        from {{ landed('luxor', 'transactions') }}
    )

select
    label,
    subaccount,
    category,
    transfer_hash,
    occurred_at,
    asset,
    quantity,
    value_usd,
    case when transfer_hash is null then 'pending' end as ignored_reason,
    {{ first_reason([
        ('date_time', 'time_reason'),
        ('currency_amount', 'amount_reason'),
        ('usd_equivalent', 'value_reason'),
        ('description', 'operation_reason'),
    ]) }},
    {{ content_hash(['date_time', 'category', 'asset', 'coalesce(quantity::varchar, currency_amount)', 'coalesce(value_usd::varchar, usd_equivalent)']) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
