-- One row per landed row of a ledger, read strictly, with the event that it belongs to or the reason why it is none.
with
    told as (
        select
            * exclude (time),
            {{ time_in_utc('time') }} as time,
            coalesce(lower({{ text_value('type') }}), '') as operation,
            coalesce(lower({{ text_value('subtype') }}), '') as suboperation,
            {{ text_value('txid') }} as row_id,
            {{ text_value('refid') }} as reference
        from {{ landed('kraken', 'ledgers') }}
    ),

    readings as (
        select
            *,
            operation in ('trade', 'spend', 'receive', 'conversion') and row_id is not null as is_trade,
            {{ time_reason('time') }} as time_reason,
            {{ number_reason('amount') }} as amount_reason,
            {{ number_reason('fee') }} as fee_reason,
            {{ time_value('time') }} as occurred_at,
            {{ number_value('amount') }} as quantity,
            {{ number_value('fee') }} as fee_quantity
        from told
    )

select
    row_id,
    reference,
    occurred_at,
    operation,
    suboperation,
    -- Before there were wallets, the asset's name said that it is staked.
    coalesce(
        {{ text_value('wallet') }}, case when regexp_matches(asset, '[.][A-Z]$') then 'staking' else 'spot' end
    ) as label,
    regexp_replace({{ asset_value('asset') }}, '[.][A-Z]$', '') as asset,
    quantity,
    coalesce(fee_quantity, 0) as fee_quantity,
    is_trade,
    case
        when row_id is null
        then 'pending'
        when quantity = 0 and coalesce(fee_quantity, 0) = 0 and fee_reason is null and not is_trade
        then 'nothing_moved'
    end as ignored_reason,
    case
        when is_trade
        then min(source_row) over (partition by source_sha256, source_file, is_trade, coalesce(reference, row_id))
        else source_row
    end as event_row,
    {{ first_reason([('time', 'time_reason'), ('amount', 'amount_reason'), ('fee', 'fee_reason')]) }},
    {{ content_hash(['time', 'operation', 'asset', 'coalesce(quantity::varchar, amount)', 'coalesce(fee_quantity::varchar, fee)']) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
