-- One row per statement, account, asset and moment: theirs, ours, the difference, and since when it has lasted.
with
    aged as (
        select compared.*, lasting.broken_since, lasting.agreed_again_at as agreed_again_at
        from {{ ref('int_statements_compared') }} as compared
        left join
            {{ ref('int_breaks_lasting') }} as lasting
            on compared.company_id = lasting.company_id
            and compared.account_id = lasting.account_id
            and compared.asset_id = lasting.asset_id
            and compared.as_of = lasting.as_of
            and compared.statement = lasting.statement
            and compared.statement_source = lasting.statement_source
    ),

    priced as (
        select aged.*, case when aged.asset_id = 'USD' then 1 else prices.price_usd end as price_usd
        from aged {{ price_at('aged', 'aged.asset_id', 'aged.as_of') }}
    )

select
    priced.company_id,
    priced.account_id,
    priced.asset_id,
    priced.as_of,
    priced.statement,
    priced.statement_source,
    priced.ours_quantity::{{ quantity_type() }} as ours_quantity,
    priced.ours_illustrative_quantity::{{ quantity_type() }} as ours_illustrative_quantity,
    priced.theirs_quantity::{{ quantity_type() }} as theirs_quantity,
    priced.difference_quantity::{{ quantity_type() }} as difference_quantity,
    {{ usd_value('priced.difference_quantity::' ~ quantity_type(), 'priced.price_usd') }} as difference_usd,
    priced.tolerance_quantity::{{ quantity_type() }} as tolerance_quantity,
    priced.status,
    priced.believed_statement,
    priced.broken_since,
    priced.agreed_again_at,
    cast(
        coalesce(priced.agreed_again_at, greatest(data_date.data_at, priced.as_of))::date
        - priced.broken_since::date as integer
    ) as break_age_days,
    priced.source_url,
    priced.note,
    priced.source_file,
    priced.source_row
from priced
cross join {{ ref('int_data_date') }} as data_date
