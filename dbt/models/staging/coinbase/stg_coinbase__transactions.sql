-- One row per landed row, read strictly, with what it means, or the reason why it is no event.
{% set other_side = "'^(?:Bought|Sold|Converted) [0-9.,]+ [A-Za-z0-9]+ (?:for|to) [^0-9]{0,4}([0-9][0-9.,]*) ([A-Za-z0-9]+)'" %}
with
    meanings(operation, event_type, other_label, is_arrival) as (
        values
            ('buy', 'trade', 'coinbase', true),
            ('advance trade buy', 'trade', 'coinbase', true),
            ('advanced trade buy', 'trade', 'coinbase', true),
            ('sell', 'trade', 'coinbase', false),
            ('advance trade sell', 'trade', 'coinbase', false),
            ('advanced trade sell', 'trade', 'coinbase', false),
            ('convert', 'trade', 'coinbase', false),
            ('deposit', 'deposit', '@transit', true),
            ('withdrawal', 'withdrawal', '@transit', false),
            ('receive', 'deposit', '@transit', true),
            ('send', 'withdrawal', '@transit', false),
            -- Named after the other house: a deposit there leaves here.
            ('pro deposit', 'transfer', '@transit', false),
            ('exchange deposit', 'transfer', '@transit', false),
            ('prime deposit', 'transfer', '@transit', false),
            ('pro withdrawal', 'transfer', '@transit', true),
            ('exchange withdrawal', 'transfer', '@transit', true),
            ('prime withdrawal', 'transfer', '@transit', true),
            ('staking income', 'staking_reward', '@income', true),
            ('inflation reward', 'staking_reward', '@income', true),
            ('rewards income', 'income', '@income', true),
            ('reward income', 'income', '@income', true),
            ('interest payout', 'income', '@income', true),
            ('coinbase earn', 'income', '@income', true),
            ('learning reward', 'income', '@income', true),
            ('incentives rewards payout', 'income', '@income', true),
            ('subscription rebate', 'income', '@income', true),
            ('subscription rebates (24 hours)', 'income', '@income', true),
            ('subscription', 'fee', '@expense', false),
            ('card spend', 'expense', '@expense', false),
            ('donation', 'expense', '@expense', false),
            -- In pairs of one asset, or between its own vaults.
            ('retail staking transfer', 'internal', null, null),
            ('retail unstaking transfer', 'internal', null, null),
            ('retail eth2 deprecation', 'internal', null, null),
            ('vault withdrawal', 'internal', null, null),
            ('cash to savings', 'internal', null, null),
            ('savings to cash', 'internal', null, null)
    ),

    told as (
        select
            *,
            {{ time_in_utc('timestamp') }} as time,
            case
                when
                    lower({{ text_value('transaction_type') }}) = 'receive'
                    and regexp_matches(notes, 'Coinbase (Earn|Rewards|Referral)')
                then 'rewards income'
                else coalesce(lower({{ text_value('transaction_type') }}), '')
            end as operation,
            {{ asset_value('asset') }} as moved_asset,
            coalesce({{ asset_value('price_currency') }}, 'USD') as currency,
            nullif(upper(regexp_extract(notes, {{ other_side }}, 2)), '') as other_asset,
            {% for amount in ['subtotal', 'total', 'fees'] %}
                -- An amount in a currency that is neither ours nor moved says nothing to us.
                case
                    when 'USD' = currency or currency in (moved_asset, other_asset)
                    then {{ plain_amount(amount, unit='') }}
                end as {{ amount }}_text,
            {% endfor %}
            {{ plain_amount('quantity_transacted', unit='') }} as moved_text,
            {{ plain_amount('regexp_extract(notes, ' ~ other_side ~ ', 1)', unit='') }} as other_text
        from {{ landed('coinbase', 'transactions') }}
    ),

    readings as (
        select
            told.*,
            meanings.event_type,
            meanings.other_label,
            meanings.is_arrival,
            {% for amount in ['moved', 'other', 'subtotal', 'total', 'fees'] %}
                {{ number_reason(amount ~ '_text') }} as {{ amount }}_reason,
                abs({{ number_value(amount ~ '_text') }}) as {{ amount }}_quantity,
            {% endfor %}
            {{ time_reason('time') }} as time_reason,
            {{ time_value('time') }} as occurred_at,
            meanings.event_type = 'trade' and told.operation <> 'convert' as is_for_money
        from told
        left join meanings on told.operation = meanings.operation
    ),

    -- A fee is beside what was moved where that is counted in the price currency. What arrived is counted after it,
    -- what left before it.
    sides as (
        select
            *,
            case
                when
                    (is_for_money and other_asset = currency)
                    or (event_type in ('deposit', 'withdrawal') and moved_asset = currency)
                then nullif(fees_quantity, 0)
            end as fee_quantity,
            case
                event_type
                when 'deposit'
                then moved_quantity + coalesce(fee_quantity, 0)
                when 'withdrawal'
                then moved_quantity - coalesce(fee_quantity, 0)
                else moved_quantity
            end as this_quantity,
            case when event_type = 'trade' then other_asset else moved_asset end as that_asset,
            case
                when event_type <> 'trade'
                then this_quantity
                when is_for_money and other_asset = currency
                then subtotal_quantity
                else other_quantity
            end as that_quantity
        from readings
    ),

    identified as (
        select
            *,
            {{ content_hash([
            'coalesce(occurred_at::varchar, time)', 'operation', 'moved_asset', 'coalesce(moved_quantity::varchar, moved_text)', 'that_asset',
            'coalesce(that_quantity::varchar, other_text)', 'fee_quantity::varchar',
        ]) }}
            as content_hash
        from sides
    )

select
    -- Rows without an id that say the same in one file are told apart by their order.
    coalesce(
        {{ text_value('id') }},
        content_hash
        || ':'
        || row_number() over (partition by source_sha256, source_file, content_hash order by source_row)
    ) as native_id,
    occurred_at,
    event_type,
    case when is_arrival then other_label else 'coinbase' end as from_label,
    case when is_arrival then that_asset else moved_asset end as from_asset,
    case when is_arrival then that_quantity else this_quantity end as from_quantity,
    case when is_arrival then 'coinbase' else other_label end as to_label,
    case when is_arrival then moved_asset else that_asset end as to_asset,
    case when is_arrival then this_quantity else that_quantity end as to_quantity,
    case when fee_quantity is not null then 'coinbase' end as fee_label,
    case when fee_quantity is not null then currency end as fee_asset,
    fee_quantity,
    case
        when currency <> 'USD' or 'USD' in (moved_asset, that_asset) or other_label = '@transit'
        then null
        when is_for_money
        then nullif(total_quantity, 0)
        else nullif(subtotal_quantity, 0)
    end as value_usd,
    concat_ws(': ', operation, {{ text_value('notes') }}) as note,
    case when event_type = 'internal' then 'internal' end as ignored_reason,
    {{ first_reason([
        ('transaction_type', "case when event_type is null then 'unknown_operation' end"),
        ('timestamp', 'time_reason'),
        ('quantity_transacted', 'moved_reason'),
        ('notes', "case when event_type = 'trade' and other_asset is null then 'other_side_untold' end"),
        ('notes', 'other_reason'),
        ('subtotal', 'subtotal_reason'),
        ('total', 'total_reason'),
        ('fees', 'fees_reason'),
    ]) }},
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from identified
