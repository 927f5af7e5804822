-- One row per event of a ledger: a trade of two rows, or what one row tells.
with
    ledgers as (select * from {{ ref('stg_kraken__ledgers') }} where ignored_reason is null),

    trades as (
        select
            coalesce(reference, row_id) as native_id,
            null::varchar as group_id,
            min(occurred_at) as occurred_at,
            'trade' as event_type,
            {% for side, sign in [('from', '<'), ('to', '>')] %}
                min(label) filter (where quantity {{ sign }} 0) as {{ side }}_label,
                min(asset) filter (where quantity {{ sign }} 0) as {{ side }}_asset,
                abs(min(quantity) filter (where quantity {{ sign }} 0)) as {{ side }}_quantity,
            {% endfor %}
            min(label) filter (where fee_quantity <> 0) as fee_label,
            min(asset) filter (where fee_quantity <> 0) as fee_asset,
            min(fee_quantity) filter (where fee_quantity <> 0) as fee_quantity,
            string_agg(distinct operation, ', ' order by operation) as note,
            case
                when min(reason) is not null
                then min(reason)
                when
                    count(*) filter (where quantity < 0) <> 1
                    or count(*) filter (where quantity > 0) <> 1
                    or count(*) > 2
                then 'incomplete_trade'
                when count(*) filter (where fee_quantity <> 0) > 1
                then 'two_fees'
            end as reason,
            coalesce(arg_min(reason_column, reason), 'refid') as reason_column,
            md5(string_agg(content_hash, '' order by content_hash)) as content_hash,
            source_file,
            source_sha256,
            event_row as source_row,
            landed_at
        from ledgers
        where is_trade
        group by all
    ),

    -- What a row means, and which account is on its other side. Money on its way is in transit, wherever it goes.
    meanings as (
        select
            *,
            case
                when quantity = 0
                then 'fee'
                when operation in ('deposit', 'withdrawal') and (operation = 'deposit') <> (quantity > 0)
                then 'correction'
                when operation in ('deposit', 'withdrawal')
                then operation
                when operation in ('transfer', 'custodytransfer') or (operation = 'earn' and suboperation <> 'reward')
                then 'transfer'
                when operation in ('staking', 'earn')
                then case when quantity > 0 then 'staking_reward' else 'correction' end
                when operation in ('reward', 'dividend', 'margin', 'rollover')
                then case when quantity > 0 then 'income' else 'expense' end
                when operation in ('adjustment', 'credit')
                then 'correction'
            end as event_type,
            case
                when quantity = 0
                then '@expense'
                -- A transfer without a word about it: an airdrop, a fork, or from where nobody has said.
                when operation in ('adjustment', 'credit') or (operation = 'transfer' and suboperation = '')
                then '@suspense'
                when
                    operation in ('deposit', 'withdrawal', 'transfer', 'custodytransfer')
                    or (operation = 'earn' and suboperation <> 'reward')
                then '@transit'
                when quantity > 0 or operation in ('staking', 'earn')
                then '@income'
                else '@expense'
            end as other_label,
            quantity > 0 as is_arrival,
            case when quantity = 0 then fee_quantity else abs(quantity) end as moved
        from ledgers
        where not is_trade
    ),

    singles as (
        select
            row_id as native_id,
            reference as group_id,
            occurred_at,
            event_type,
            case when is_arrival then other_label else label end as from_label,
            asset as from_asset,
            moved as from_quantity,
            case when is_arrival then label else other_label end as to_label,
            asset as to_asset,
            moved as to_quantity,
            case when fee_quantity <> 0 and quantity <> 0 then label end as fee_label,
            case when fee_quantity <> 0 and quantity <> 0 then asset end as fee_asset,
            case when fee_quantity <> 0 and quantity <> 0 then fee_quantity end as fee_quantity,
            concat_ws('/', operation, nullif(suboperation, '')) as note,
            coalesce(
                reason, case when event_type is null and quantity is not null then 'unknown_operation' end
            ) as reason,
            coalesce(reason_column, 'type') as reason_column,
            content_hash,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from meanings
    )

select
    'kraken' as source,
    'ledgers' as entity,
    * replace (case when reason is not null then reason_column end as reason_column)
from
    (
        select *
        from trades
        union all by name
        select *
        from singles
    ) as events
