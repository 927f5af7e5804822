-- One row per event of a statement: a trade of all rows of one second, or what one row tells.
with
    statements as (select * from {{ ref('stg_binance__statements') }} where ignored_reason is null),

    trades as (
        select
            native_id,
            null::varchar as group_id,
            min(occurred_at) as occurred_at,
            'trade' as event_type,
            {% for side, sign in [('from', '<'), ('to', '>')] %}
                {% set is_side = '(where not is_fee and quantity ' ~ sign ~ ' 0)' %}
                min(label) filter {{ is_side }} as {{ side }}_label,
                min(asset) filter {{ is_side }} as {{ side }}_asset,
                abs(sum(quantity) filter {{ is_side }})::{{ quantity_type() }} as {{ side }}_quantity,
            {% endfor %}
            min(label) filter (where is_fee) as fee_label,
            min(asset) filter (where is_fee) as fee_asset,
            - sum(quantity) filter (where is_fee)::{{ quantity_type() }} as fee_quantity,
            string_agg(distinct operation, ', ' order by operation) as note,
            case
                when min(reason) is not null
                then min(reason)
                when
                    count(*) <> count(quantity) or count(*) <> count(asset)
                    {% for sign in ['<', '>'] %}
                        or count(distinct asset) filter (where not is_fee and quantity {{ sign }} 0) <> 1
                    {% endfor %}
                    or from_asset = to_asset
                then 'incomplete_trade'
                when count(distinct asset) filter (where is_fee) > 1
                then 'two_fees'
            end as reason,
            coalesce(arg_min(reason_column, reason), 'operation') as reason_column,
            md5(string_agg(content_hash, '' order by content_hash)) as content_hash,
            source_file,
            source_sha256,
            event_row as source_row,
            landed_at
        from statements
        where is_trade
        group by all
    ),

    -- What a row means, and which account is on its other side. Money on its way is in transit, wherever it goes.
    meanings as (
        select
            *,
            case
                when group_id is not null
                then 'swap'
                when regexp_matches(operation, '^(fiat )?deposit$')
                then if(quantity < 0, 'correction', 'deposit')
                when regexp_matches(operation, '^(fiat )?withdraw(al)?$')
                then if(quantity > 0, 'correction', 'withdrawal')
                when
                    regexp_matches(
                        operation, '^(transfer between .*|transfer_(in|out)|(main and )?sub[- ]?account transfer)$'
                    )
                then 'transfer'
                -- Only the wallet that the coins leave or come back to tells of it.
                when
                    label <> 'Earn'
                    and (
                        regexp_matches(operation, '^simple earn (flexible|locked) (subscription|redemption)$')
                        or regexp_matches(
                            operation, '^((pos )?savings|staking) (purchase|redemption)$|^savings principal redemption$'
                        )
                    )
                then 'subscription'
                when regexp_matches(operation, '^((eth 2[.]0 )?staking|simple earn locked|bnb vault) rewards$')
                then if(quantity < 0, 'correction', 'staking_reward')
                when
                    regexp_matches(operation, '^((pos )?savings|simple earn flexible|launchpool) interest$')
                    or regexp_matches(
                        operation, '^((cash voucher|mission reward|hodler airdrops|savings|pool) )?distribution$'
                    )
                    or regexp_matches(
                        operation,
                        '^(commission (history|rebate|fee shared with you)|referr(al|er) (kickback|commission|rebates)|airdrop assets)$'
                    )
                then if(quantity < 0, 'correction', 'income')
            end as meaning,
            quantity > 0 as is_arrival
        from statements
        where not is_trade
    ),

    singles as (
        select
            native_id,
            group_id,
            occurred_at,
            if(meaning = 'subscription', 'transfer', meaning) as event_type,
            case
                when meaning = 'subscription'
                then 'Earn'
                when meaning in ('deposit', 'withdrawal', 'transfer') or regexp_matches(operation, '(deposit|withdraw)')
                then '@transit'
                when meaning in ('income', 'staking_reward')
                then '@income'
                else '@suspense'
            end as other_label,
            if(is_arrival, other_label, label) as from_label,
            asset as from_asset,
            abs(quantity) as from_quantity,
            if(is_arrival, label, other_label) as to_label,
            asset as to_asset,
            abs(quantity) as to_quantity,
            operation as note,
            coalesce(reason, case when meaning is null then 'unknown_operation' end) as reason,
            coalesce(reason_column, 'operation') as reason_column,
            content_hash,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from meanings
    )

select
    'binance' as source,
    'statements' as entity,
    * replace (case when reason is not null then reason_column end as reason_column)
from
    (
        select *
        from trades
        union all by name
        select * exclude (other_label)
        from singles
    ) as events
