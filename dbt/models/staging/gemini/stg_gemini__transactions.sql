-- One row per landed row of a history: what left, what came and the fee, or the reason why it is no event.
with
    told as (
        select
            *,
            coalesce(lower({{ text_value('type') }}), '') as operation,
            coalesce(lower({{ text_value('specification') }}), '') as details,
            -- A spreadsheet's export has the whole moment in either column.
            if(regexp_matches(time_utc, '^[0-9]{4}-'), time_utc, concat_ws(' ', left(date, 10), time_utc)) as told_at,
            {{ time_in_utc('told_at') }} as moment
        from {{ landed('gemini', 'transactions') }}
    ),

    entries as (select source_sha256, source_file, source_row, {{ json_entries('assets') }} as entry from told),

    -- "BTC Amount BTC" is what the balance changed by, "Fee (BTC) BTC" the fee beside it; balances are not needed.
    legs as (
        select
            source_sha256,
            source_file,
            source_row,
            entry.key as name,
            upper(regexp_extract(entry.key, '([^ ]+)$', 1)) as asset,
            entry.key like 'fee %' as is_fee,
            {{ plain_amount('entry.value') }} as amount,
            {{ number_value('amount') }} as quantity,
            {{ number_reason('amount') }} as reason
        from entries
        where entry.key like 'fee %' or entry.key like '% amount %'
    ),

    sides as (
        select
            source_sha256,
            source_file,
            source_row,
            {% for side, is_side in [('from', 'not is_fee and quantity < 0'), ('to', 'not is_fee and quantity > 0'), ('fee', 'is_fee and quantity <> 0')] %}
                count(*) filter (where {{ is_side }}) as {{ side }}_count,
                min(asset) filter (where {{ is_side }}) as {{ side }}_asset,
                {{ '' if side == 'to' else '-' }}min(quantity) filter (where {{ is_side }}) as {{ side }}_quantity,
            {% endfor %}
            -- Not the columns of assets that did not move: which there are differs from export to export.
            string_agg(name || coalesce(quantity::varchar, amount), ', ' order by name) filter (
                where reason is not null or quantity <> 0
            ) as moves,
            min(reason) as leg_reason,
            arg_min(name, reason) as leg_reason_column
        from legs
        group by all
    )

select
    {{ text_value('told.trade_id') }} as trade_id,
    {{ text_value('told.order_id') }} as order_id,
    {{ time_value('told.moment') }} as occurred_at,
    told.operation,
    told.details,
    {% for side in ['from', 'to', 'fee'] %}
        coalesce(sides.{{ side }}_count, 0) as {{ side }}_count, sides.{{ side }}_asset, sides.{{ side }}_quantity,
    {% endfor %}
    {{ time_reason('told.moment') }} as time_reason,
    sides.leg_reason,
    sides.leg_reason_column,
    case when {{ text_value('told.date') }} is null then 'total' end as ignored_reason,
    {{ content_hash(['told.moment', 'told.operation', 'told.details', 'told.symbol', 'sides.moves', 'told.tx_hash']) }}
    as content_hash,
    told.source_file,
    told.source_sha256,
    told.source_row,
    told.landed_at
from told
left join
    sides
    on told.source_sha256 = sides.source_sha256
    and told.source_file = sides.source_file
    and told.source_row = sides.source_row
