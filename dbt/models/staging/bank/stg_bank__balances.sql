-- One row per booked balance of a statement: at opening, at closing, and of CSV at the end of each day.
with
    told as (
        select
            'balances' as entity,
            coalesce({{ text_value('iban') }}, {{ text_value('other_account') }}) as label,
            {{ asset_value('currency') }} as asset_id,
            left(coalesce({{ text_value('dated_on') }}, {{ text_value('dated_at') }}), 10)
            || case when balance_type = 'OPBD' then 'T00:00:00Z' else 'T23:59:59Z' end as time,
            case when {{ text_value('direction') }} = 'DBIT' then '-' else '' end
            || {{ text_value('amount') }} as amount_text,
            concat_ws(' ', statement_id, balance_type) as statement,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ landed('bank', 'balances') }}
        where balance_type in ('OPBD', 'PRCD', 'CLBD')
        union all by name
        select
            entity,
            account as label,
            asset as asset_id,
            day || 'T23:59:59Z' as time,
            balance::varchar as amount_text,
            source_file as statement,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ ref('stg_bank__transactions') }}
        where balance is not null
        qualify source_row = max(source_row) over (partition by source_sha256, source_file, account, day)
    ),

    readings as (
        select
            *,
            {{ time_reason('time') }} as time_reason,
            {{ number_reason('amount_text') }} as amount_reason,
            {{ number_value('amount_text') }} as quantity
        from told
    )

select
    'bank' as source,
    entity,
    label,
    asset_id,
    {{ time_value('time') }} as as_of,
    quantity,
    statement,
    {{ first_reason([('dated_on', 'time_reason'), ('amount', 'amount_reason')]) }},
    {{ content_hash(['coalesce(quantity::varchar, amount_text)']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
