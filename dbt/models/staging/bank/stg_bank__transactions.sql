-- One row per transaction of a landed entry or line, read strictly, or the reason why it is no event.
with
    entries as (
        select
            'entries' as entity,
            coalesce({{ text_value('iban') }}, {{ text_value('other_account') }}) as account,
            coalesce(
                {{ text_value('servicer_reference') }},
                {{ text_value('statement_id') }} || '/' || {{ text_value('entry_reference') }}
            ) as reference,
            left(coalesce({{ text_value('booked_on') }}, {{ text_value('booked_at') }}), 10) as day,
            amount as amount_text,
            {{ asset_value('currency') }} as asset,
            {{ text_value('direction') }} as direction,
            {{ boolean_value('is_reversal') }} as is_reversal,
            coalesce({{ text_value('status_code') }}, {{ text_value('status') }}, '') as state,
            {{ text_value('kind') }} as kind,
            {{ json_items('details') }} as details,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('bank', 'entries') }}
    ),

    details as (
        select
            * exclude (details),
            unnest(details) as detail,
            generate_subscripts(details, 1) as detail_no,
            len(details) as detail_count
        from entries
    ),

    amounts as (
        select
            *,
            coalesce({{ json_text('detail', '/Amt/') }}, {{ json_text('detail', '/AmtDtls/TxAmt/Amt/') }}) as part_text,
            coalesce(
                {{ json_text('detail', '/Amt/@Ccy') }}, {{ json_text('detail', '/AmtDtls/TxAmt/Amt/@Ccy') }}
            ) as part_asset,
            coalesce({{ json_text('detail', '/CdtDbtInd') }}, direction) as part_direction
        from details
    ),

    -- A booking of many payments is told by its parts if they add up to it.
    parts as (
        select
            *,
            detail_count > 1
            and count(*) filter (where part_asset = asset) over booking = detail_count
            and sum(
                case when part_direction = direction then 1 else -1 end * {{ number_value('part_text') }}
            ) over booking
            = {{ number_value('amount_text') }} as is_split
        from amounts
        window booking as (partition by source_sha256, source_file, source_row)
    ),

    transactions as (
        select
            * exclude (amount_text, direction, detail, detail_count, part_text, part_asset, part_direction),
            case when is_split then part_text else amount_text end as amount_text,
            case when is_split then part_direction else direction end as direction,
            -- Of a reversal the parties are those of what it takes back.
            case
                when detail_count > 1 and not is_split
                then null
                when (direction = 'CRDT') <> is_reversal
                then
                    coalesce(
                        {{ json_text('detail', '/RltdPties/Dbtr/Nm') }},
                        {{ json_text('detail', '/RltdPties/Dbtr/Pty/Nm') }}
                    )
                else
                    coalesce(
                        {{ json_text('detail', '/RltdPties/Cdtr/Nm') }},
                        {{ json_text('detail', '/RltdPties/Cdtr/Pty/Nm') }}
                    )
            end as counterparty,
            case when is_split or detail_count = 1 then {{ json_text('detail', '/RmtInf/Ustrd') }} end as purpose
        from parts
        where is_split or detail_no = 1
        union all by name
        select
            'lines' as entity,
            {{ text_value('iban') }} as account,
            {{ text_value('reference') }} as reference,
            {{ text_value('booked_on') }} as day,
            regexp_replace({{ text_value('amount') }}, '^-', '') as amount_text,
            {{ asset_value('currency') }} as asset,
            case when {{ text_value('amount') }} like '-%' then 'DBIT' else 'CRDT' end as direction,
            false as is_reversal,
            'BOOK' as state,
            false as is_split,
            {{ text_value('counterparty') }} as counterparty,
            {{ text_value('purpose') }} as purpose,
            balance as balance_text,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('bank', 'lines') }}
    ),

    readings as (
        select
            *,
            day || 'T12:00:00Z' as time,
            {{ time_reason('time') }} as time_reason,
            {{ time_value('time') }} as occurred_at,
            {{ number_reason('amount_text') }} as amount_reason,
            {{ number_value('amount_text') }} as quantity,
            {{ number_reason('balance_text') }} as balance_reason,
            {{ number_value('balance_text') }} as balance,
            {{ content_hash(['account', 'day', 'direction', 'coalesce(quantity::varchar, amount_text)', 'asset']) }}
            as content_hash
        from transactions
    )

select
    entity,
    concat_ws(
        ':',
        account,
        coalesce(
            reference,
            content_hash
            || ':'
            || row_number() over (
                partition by source_sha256, source_file, reference, content_hash order by source_row, detail_no
            )
        ),
        case when is_split then detail_no end
    ) as native_id,
    account,
    occurred_at,
    day,
    asset,
    quantity,
    direction = 'CRDT' as is_credit,
    is_reversal,
    kind,
    counterparty,
    purpose,
    balance,
    case
        when state in ('PDNG', 'FUTR')
        then 'pending'
        when state = 'INFO'
        then 'not_booked'
        when
            entity = 'lines'
            and reference is not null
            and bool_or(entity = 'entries' and state = 'BOOK') over (partition by account, reference)
        then 'told_elsewhere'
    end as ignored_reason,
    {{ first_reason([
        ('status', "case when state <> 'BOOK' and ignored_reason is null then 'unknown_operation' end"),
        ('direction', "case when direction is null or direction not in ('CRDT', 'DBIT') then 'unknown_operation' end"),
        ('booked_on', 'time_reason'),
        ('amount', 'amount_reason'),
        ('balance', 'balance_reason'),
    ]) }},
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
