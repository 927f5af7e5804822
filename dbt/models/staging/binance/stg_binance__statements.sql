-- One row per landed row of a statement, read strictly, with the event that it belongs to or the reason why it is none.
with
    told as (
        select
            * replace (
                {{ time_in_utc('utc_time') }} as utc_time,
                -- "Small Assets Exchange BNB (Spot)" is the same conversion of dust.
                coalesce(regexp_replace(lower({{ text_value('operation') }}), ' [(]spot[)]$', ''), '') as operation
            ),
            {{ text_value('account') }} as label,
            {{ asset_value('coin') }} as asset
        from {{ landed('binance', 'statements') }}
    ),

    readings as (
        select
            *,
            case
                when regexp_matches(operation, '^(buy|sell|fee|transaction (related|buy|spend|sold|revenue|fee))$')
                then 'trade'
                when operation in ('large otc trading', 'binance convert', 'eth 2.0 staking')
                then operation
                -- A remark like "ETH to BNB" tells the pairs of one sweep apart.
                when operation = 'small assets exchange bnb'
                then concat_ws('/', operation, nullif(regexp_extract(lower(remark), '[a-z0-9]+ to bnb'), ''))
            end as trade_kind,
            {{ time_reason('utc_time') }} as time_reason,
            {{ number_reason('change') }} as change_reason,
            {{ time_value('utc_time') }} as occurred_at,
            {{ number_value('change') }} as quantity
        from told
    ),

    -- Dust of several assets against several amounts of BNB, and not a word about which was paid for which: no trade,
    -- but the halves of some.
    told_apart as (
        select
            *,
            coalesce(
                operation = 'small assets exchange bnb'
                and min(asset) filter (where quantity < 0) over trade
                <> max(asset) filter (where quantity < 0) over trade
                and min(asset) filter (where quantity > 0) over trade = 'BNB'
                and max(asset) filter (where quantity > 0) over trade = 'BNB',
                false
            ) as is_unpaired
        from readings
        window trade as (partition by source_sha256, source_file, user_id, utc_time, label, trade_kind)
    ),

    keyed as (
        select
            *,
            trade_kind is not null and not is_unpaired and coalesce(quantity <> 0, true) as is_trade,
            coalesce(occurred_at::varchar, utc_time) as moment,
            {{ content_hash(['moment', 'label', 'operation', 'asset', 'coalesce(quantity::varchar, change)']) }}
            as row_hash
        from told_apart
    )

select
    -- The venue numbers neither rows nor trades.
    case when is_trade then concat_ws('/', moment, label, trade_kind) else {{ own_id('row_hash') }} end as native_id,
    case when is_unpaired then concat_ws('/', moment, label, trade_kind) end as group_id,
    occurred_at,
    operation,
    label,
    asset,
    quantity,
    is_trade,
    regexp_matches(operation, '^(transaction )?fee$') as is_fee,
    case when quantity = 0 then 'nothing_moved' end as ignored_reason,
    case
        when is_trade
        then
            min(source_row) over (partition by source_sha256, source_file, user_id, moment, label, trade_kind, is_trade)
        else source_row
    end as event_row,
    {{ first_reason([('utc_time', 'time_reason'), ('change', 'change_reason')]) }},
    {{ content_hash(['user_id', 'row_hash']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from keyed
