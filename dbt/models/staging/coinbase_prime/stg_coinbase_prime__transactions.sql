-- One row per transaction, read strictly, with what it means, or the reason why it is no event.
with
    told as (
        select
            *,
            {{ time_in_utc('coalesce(' ~ text_value('last_updated_time') ~ ', initiated_time)') }} as time,
            coalesce(lower({{ text_value('final_status') }}), '') as state,
            coalesce(lower({{ text_value('activity_type') }}), '') as operation,
            coalesce(lower({{ text_value('activity_title') }}), '') as title,
            coalesce(lower({{ text_value('activity_level') }}), '') as level,
            {{ asset_value('transaction_currency') }} as asset_left,
            nullif(
                concat_ws(' / ', {{ text_value('entity_name') }}, {{ text_value('portfolio_name') }}), ''
            ) as portfolio,
            {{ plain_amount('transaction_value', unit='') }} as value_text
        from {{ landed('coinbase_prime', 'transactions') }}
    ),

    readings as (
        select
            *,
            {{ time_reason('time') }} as time_reason,
            {{ number_reason('value_text') }} as value_reason,
            {{ number_value('value_text') }} as quantity,
            case
                when operation = 'deposit' and title like '%reward%'
                then 'staking_reward'
                when operation = 'deposit' and title like '%refund%'
                then 'income'
                when operation = 'withdrawal' and title like '%payment%'
                then 'fee'
                when operation = 'withdrawal' and title like '%adjustment%'
                then 'correction'
                when operation in ('deposit', 'withdrawal')
                then operation
                when operation = 'conversion' and title like 'convert ' || lower(asset_left) || '/%'
                then 'trade'
            end as meaning,
            case
                meaning
                when 'staking_reward'
                then '@income'
                when 'income'
                then '@income'
                when 'fee'
                then '@expense'
                when 'correction'
                then '@suspense'
                when 'trade'
                then portfolio
                else '@transit'
            end as other_label
        from told
    )

select
    {{ text_value('activity_id') }} as native_id,
    {{ time_value('time') }} as occurred_at,
    meaning as event_type,
    case when operation = 'deposit' then other_label else portfolio end as from_label,
    asset_left as from_asset,
    quantity as from_quantity,
    case when operation = 'deposit' then portfolio else other_label end as to_label,
    case when meaning = 'trade' then upper(split_part(title, '/', 2)) else asset_left end as to_asset,
    quantity as to_quantity,
    null::varchar as fee_label,
    null::varchar as fee_asset,
    null::{{ quantity_type() }} as fee_quantity,
    {{ text_value('activity_title') }} as note,
    case
        when state in ('pending', 'processing')
        then 'pending'
        when state in ('cancelled', 'canceled', 'expired', 'failed', 'rejected')
        then 'failed'
        when state = 'completed' and {{ text_value('transaction_value') }} is null
        then 'nothing_moved'
        -- Wallets of one portfolio are one account of ours; what is staked stays in the portfolio.
        when
            state = 'completed'
            and (operation in ('stake', 'unstake') or (operation = 'internal transfer' and level = 'portfolio'))
        then 'internal'
    end as ignored_reason,
    {{ first_reason([
        ('final_status', "case when state <> 'completed' and ignored_reason is null then 'unknown_operation' end"),
        ('activity_type', "case when meaning is null then 'unknown_operation' end"),
        ('last_updated_time', 'time_reason'),
        ('transaction_value', 'value_reason'),
    ]) }},
    {{ content_hash(['time', 'state', 'operation', 'title', 'asset_left', 'value_text', 'portfolio_id']) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
