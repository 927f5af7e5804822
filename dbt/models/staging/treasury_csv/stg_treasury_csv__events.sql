-- One row per landed row of events*, read strictly: its values, or the reason why it could not be read.
with
    readings as (
        select
            *,
            {{ time_reason('occurred_at') }} as occurred_at_reason,
            {{ time_reason('identified_at') }} as identified_at_reason,
            {{ number_reason('from_quantity') }} as from_quantity_reason,
            {{ number_reason('to_quantity') }} as to_quantity_reason,
            {{ number_reason('fee_quantity') }} as fee_quantity_reason,
            {{ number_reason('value_usd') }} as value_usd_reason,
            {{ boolean_reason('is_illustrative') }} as is_illustrative_reason
        from {{ landed('treasury_csv', 'events') }}
    )

select
    'treasury_csv' as source,
    'events' as entity,
    {{ text_value('event_id') }} as native_id,
    {{ text_value('company_id') }} as company_id,
    {{ time_value('occurred_at', 'occurred_at_reason') }} as occurred_at,
    lower({{ text_value('event_type') }}) as event_type,
    {{ text_value('from_account') }} as from_account,
    {{ asset_value('from_asset') }} as from_asset,
    {{ number_value('from_quantity', 'from_quantity_reason') }} as from_quantity,
    {{ text_value('to_account') }} as to_account,
    {{ asset_value('to_asset') }} as to_asset,
    {{ number_value('to_quantity', 'to_quantity_reason') }} as to_quantity,
    {{ text_value('fee_account') }} as fee_account,
    {{ asset_value('fee_asset') }} as fee_asset,
    {{ number_value('fee_quantity', 'fee_quantity_reason') }} as fee_quantity,
    {{ number_value('value_usd', 'value_usd_reason') }} as value_usd,
    {{ text_value('lot_picks') }} as lot_picks,
    {{ time_value('identified_at', 'identified_at_reason') }} as identified_at,
    {{ text_value('group_id') }} as group_id,
    null::varchar as transfer_hash,  -- this format pairs by group_id
    {{ boolean_value('is_illustrative') }} as is_illustrative,
    source_url,
    note,
    {{ first_reason([
        ('occurred_at', 'occurred_at_reason'),
        ('from_quantity', 'from_quantity_reason'),
        ('to_quantity', 'to_quantity_reason'),
        ('fee_quantity', 'fee_quantity_reason'),
        ('value_usd', 'value_usd_reason'),
        ('identified_at', 'identified_at_reason'),
        ('is_illustrative', 'is_illustrative_reason'),
    ]) }},
    {{ content_hash([
        'company_id', 'occurred_at', 'event_type', 'from_account', 'from_asset', 'from_quantity', 'to_account', 'to_asset', 'to_quantity',
        'fee_account', 'fee_asset', 'fee_quantity', 'value_usd', 'lot_picks', 'identified_at', 'group_id', 'is_illustrative', 'source_url', 'note',
    ]) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
