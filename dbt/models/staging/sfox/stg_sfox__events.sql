-- One row per event of a transaction export: a trade of two rows or more, or what one row tells.
with
    transactions as (select * from {{ ref('stg_sfox__transactions') }} where ignored_reason is null),

    trades as (
        select
            min(row_id) as native_id,
            min(occurred_at) as occurred_at,
            'trade' as event_type,
            {% for side, sign in [('from', '<'), ('to', '>')] %}
                '*' as {{ side }}_label,
                min(asset) filter (where quantity {{ sign }} 0) as {{ side }}_asset,
                abs(sum(quantity) filter (where quantity {{ sign }} 0)) as {{ side }}_quantity,
            {% endfor %}
            min('*') filter (where bears_fee and fee_quantity <> 0) as fee_label,
            min(asset) filter (where bears_fee and fee_quantity <> 0) as fee_asset,
            sum(fee_quantity) filter (where bears_fee and fee_quantity <> 0) as fee_quantity,
            concat_ws(': ', operation, string_agg(distinct memo, ', ' order by memo)) as note,
            case
                when min(reason) is not null
                then min(reason)
                when
                    count(distinct asset) filter (where quantity < 0) <> 1
                    or count(distinct asset) filter (where quantity > 0) <> 1
                    or count(distinct asset) <> 2
                then 'incomplete_trade'
                when
                    sum(fee_quantity) filter (where not bears_fee)
                    not in (0, sum(fee_quantity) filter (where bears_fee))
                then 'two_fees'
            end as reason,
            coalesce(arg_min(reason_column, reason), 'action') as reason_column,
            md5(string_agg(content_hash, '' order by content_hash)) as content_hash,
            source_file,
            source_sha256,
            event_row as source_row,
            landed_at
        from transactions
        where is_trade
        group by operation, source_file, source_sha256, event_row, landed_at
    ),

    -- What a row means, and which account is on its other side.
    meanings as (
        select
            *,
            case
                operation
                when 'deposit'
                then 'deposit'
                when 'withdraw'
                then 'withdrawal'
                when 'credit'
                then 'correction'
                when 'charge'
                then 'expense'
            end as event_type,
            -- A credit comes without a word about it.
            case
                operation when 'credit' then '@suspense' when 'charge' then '@expense' else '@transit'
            end as other_label,
            operation in ('deposit', 'credit') as is_arrival
        from transactions
        where not is_trade
    ),

    singles as (
        select
            row_id as native_id,
            transfer_hash,
            occurred_at,
            event_type,
            case when is_arrival then other_label else '*' end as from_label,
            asset as from_asset,
            abs(quantity) as from_quantity,
            case when is_arrival then '*' else other_label end as to_label,
            asset as to_asset,
            abs(quantity) as to_quantity,
            case when fee_quantity <> 0 then '*' end as fee_label,
            case when fee_quantity <> 0 then asset end as fee_asset,
            nullif(fee_quantity, 0) as fee_quantity,
            concat_ws(': ', operation, memo) as note,
            {{ first_reason([
            ('', 'reason'),
            ('action', "case when event_type is null then 'unknown_operation' end"),
            ('action', "case when (quantity > 0) <> is_arrival then 'unknown_direction' end"),
        ]) }},
            content_hash,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from meanings
    )

select
    'sfox' as source,
    'transactions' as entity,
    * replace (case when reason is not null then reason_column end as reason_column)
from
    (
        select *
        from trades
        union all by name
        select *
        from singles
    ) as events
