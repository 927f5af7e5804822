-- One row per order, read strictly, or the reason why it is no event.
with
    told as (
        select
            *,
            {{ time_in_utc('coalesce(' ~ text_value('last_updated_time') ~ ', initiated_time)') }} as time,
            coalesce(lower({{ text_value('status') }}), '') as state,
            coalesce(upper({{ text_value('side') }}), '') as direction,
            nullif(split_part(replace({{ asset_value('market') }}, '-', '/'), '/', 1), '') as base_asset,
            nullif(split_part(replace({{ asset_value('market') }}, '-', '/'), '/', 2), '') as quote_asset,
            nullif(
                concat_ws(' / ', {{ text_value('entity_name') }}, {{ text_value('portfolio_name') }}), ''
            ) as portfolio,
            {{ plain_amount('filled_base_quantity', unit='') }} as base_text,
            {{ plain_amount('filled_quote_quantity', unit='') }} as quote_text,
            {{ plain_amount('total_fees_and_commissions', unit='') }} as fee_text
        from {{ landed('coinbase_prime', 'orders') }}
    ),

    readings as (
        select
            *,
            {{ time_reason('time') }} as time_reason,
            {{ number_reason('base_text') }} as base_reason,
            {{ number_reason('quote_text') }} as quote_reason,
            {{ number_reason('fee_text') }} as fee_reason,
            {{ number_value('base_text') }} as base_quantity,
            {{ number_value('quote_text') }} as quote_quantity,
            nullif({{ number_value('fee_text') }}, 0) as fee_quantity,
            -- Of the rest nothing more will come, so what was filled is final.
            state in ('completed', 'filled', 'cancelled', 'canceled', 'expired', 'failed', 'rejected') as is_final
        from told
    )

select
    {{ text_value('order_id') }} as native_id,
    {{ time_value('time') }} as occurred_at,
    'trade' as event_type,
    portfolio as from_label,
    case when direction = 'SELL' then base_asset else quote_asset end as from_asset,
    case when direction = 'SELL' then base_quantity else quote_quantity end as from_quantity,
    portfolio as to_label,
    case when direction = 'SELL' then quote_asset else base_asset end as to_asset,
    case when direction = 'SELL' then quote_quantity else base_quantity end as to_quantity,
    case when fee_quantity is not null then portfolio end as fee_label,
    case when fee_quantity is not null then quote_asset end as fee_asset,
    fee_quantity,
    concat_ws(' ', direction, {{ text_value('type') }}, nullif(state, 'completed')) as note,
    case
        when state in ('open', 'pending', 'processing')
        then 'pending'
        when
            is_final and state not in ('completed', 'filled') and base_reason is null and coalesce(base_quantity, 0) = 0
        then 'failed'
    end as ignored_reason,
    {{ first_reason([
        ('status', "case when not is_final and ignored_reason is null then 'unknown_operation' end"),
        ('side', "case when direction not in ('BUY', 'SELL') then 'unknown_operation' end"),
        ('last_updated_time', 'time_reason'),
        ('filled_base_quantity', 'base_reason'),
        ('filled_quote_quantity', 'quote_reason'),
        ('total_fees_and_commissions', 'fee_reason'),
    ]) }},
    {{ content_hash(['time', 'state', 'market', 'direction', 'base_text', 'quote_text', 'fee_text', 'portfolio_id']) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
