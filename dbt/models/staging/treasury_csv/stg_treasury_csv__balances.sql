-- One row per landed row of balances*, read strictly: its values, or the reason why it could not be read.
with
    readings as (
        select *, {{ time_reason('as_of') }} as as_of_reason, {{ number_reason('quantity') }} as quantity_reason
        from {{ landed('treasury_csv', 'balances') }}
    )

select
    'treasury_csv' as source,
    'balances' as entity,
    {{ text_value('account_id') }} as account_id,
    null::varchar as label,
    {{ asset_value('asset_id') }} as asset_id,
    {{ time_value('as_of', 'as_of_reason') }} as as_of,
    {{ number_value('quantity', 'quantity_reason') }} as quantity,
    coalesce({{ text_value('statement') }}, 'statement') as statement,
    source_url,
    {{ first_reason([('as_of', 'as_of_reason'), ('quantity', 'quantity_reason')]) }},
    {{ content_hash(['quantity', 'source_url']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
