-- One row per fetched balance, read strictly: its values, or the reason why it could not be read.
with
    readings as (
        select *, {{ time_reason('as_of') }} as as_of_reason, {{ number_reason('quantity') }} as quantity_reason
        from {{ landed('feeds', 'balances') }}
    )

select
    'feeds' as source,
    'balances' as entity,
    {{ text_value('venue') }} as statement_source,
    {{ text_value('account_id') }} as account_id,
    {{ asset_value('asset_id') }} as asset_id,
    {{ time_value('as_of') }} as as_of,
    {{ number_value('quantity') }} as quantity,
    coalesce({{ text_value('statement') }}, 'statement') as statement,
    source_url,
    {{ first_reason([('as_of', 'as_of_reason'), ('quantity', 'quantity_reason')]) }},
    {{ content_hash(['quantity', 'source_url']) }} as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from readings
