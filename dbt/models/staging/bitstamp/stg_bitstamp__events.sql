-- One row per event of a list of transactions: each row is one.
with
    told as (
        select
            * replace (
                {% for amount in ['amount', 'value', 'fee'] %}
                    coalesce(
                        {{ asset_value(amount ~ '_currency') }}, {{ amount_unit(amount) }}
                    ) as {{ amount }}_currency,
                    {{ plain_amount(amount) }} as {{ amount }},
                {% endfor %}
                -- The old export writes "Sept. 3, 2019, 07:05 PM", which is UTC too.
                coalesce(
                    strftime(
                        try_strptime(
                            regexp_replace(
                                {{ text_value('datetime') }},
                                '^([A-Z][a-z]{2})[a-z]*[.]? ([0-9]+), ([0-9]{4}), (.*)$',
                                '\1 \2 \3 \4'
                            ),
                            '%b %d %Y %I:%M %p'
                        ),
                        '%Y-%m-%dT%H:%M:%SZ'
                    ),
                    datetime
                ) as datetime
            ),
            coalesce(lower({{ text_value('type') }}), '') as operation,
            lower({{ text_value('subtype') }}) as direction
        from {{ landed('bitstamp', 'transactions') }}
    ),

    readings as (
        select
            *,
            operation = 'market' as is_trade,
            operation in ('withdrawal', 'ripple payment')
            or (operation = 'market' and direction = 'sell') as is_departure,
            case
                when operation = 'market' and direction in ('buy', 'sell')
                then 'trade'
                when operation in ('deposit', 'ripple deposit')
                then 'deposit'
                when operation in ('withdrawal', 'ripple payment')
                then 'withdrawal'
                when operation = 'staking reward'
                then 'staking_reward'
                when operation = 'referral reward'
                then 'income'
            end as event_type,
            {{ time_reason('datetime') }} as time_reason,
            {{ number_reason('amount') }} as amount_reason,
            {{ number_reason('value') }} as value_reason,
            {{ number_reason('fee') }} as fee_reason,
            {{ time_value('datetime') }} as occurred_at,
            {{ number_value('amount') }} as quantity,
            {{ number_value('value') }} as value_quantity,
            nullif({{ number_value('fee') }}, 0) as fee_quantity,
            {{ content_hash(['datetime', 'account', 'operation', 'direction', 'amount', 'amount_currency', 'value', 'value_currency', 'fee', 'fee_currency']) }}
            as row_hash
        from told
    ),

    -- What stands in `amount` on one side; on the other the value of a trade, or the same coins on their way or as
    -- they were earned.
    sides as (
        select
            *,
            {{ text_value('account') }} as label,
            case
                when is_trade then label when event_type in ('staking_reward', 'income') then '@income' else '@transit'
            end as other_label,
            case when is_trade then value_currency else amount_currency end as other_currency,
            case when is_trade then value_quantity else quantity end as other_quantity,
            case
                when operation = 'sub account transfer'
                then 'unknown_direction'
                when event_type is null
                then 'unknown_operation'
            end as operation_reason
        from readings
    )

select
    'bitstamp' as source,
    'transactions' as entity,
    coalesce({{ text_value('id') }}, {{ own_id('row_hash') }}) as native_id,
    {{ text_value('order_id') }} as group_id,
    occurred_at,
    event_type,
    case when is_departure then label else other_label end as from_label,
    case when is_departure then amount_currency else other_currency end as from_asset,
    case when is_departure then quantity else other_quantity end as from_quantity,
    case when is_departure then other_label else label end as to_label,
    case when is_departure then other_currency else amount_currency end as to_asset,
    case when is_departure then other_quantity else quantity end as to_quantity,
    case when fee_quantity is not null then label end as fee_label,
    case when fee_quantity is not null then fee_currency end as fee_asset,
    fee_quantity,
    concat_ws('/', operation, direction) as note,
    {{ first_reason([
        ('datetime', 'time_reason'), ('amount', 'amount_reason'), ('value', 'value_reason'), ('fee', 'fee_reason'), ('type', 'operation_reason')
    ]) }},
    row_hash as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from sides
