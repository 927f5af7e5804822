-- One row per loan, day and asset pledged for it: units and value at the day's end (UTC), before and after haircut.
with
    changes as (
        select loan_id, asset_id, occurred_at::date as date, sum(quantity) as quantity
        from {{ ref('int_loan_legs') }}
        where account_kind = 'collateral'
        group by all
    ),

    balances as (
        select
            loan_id,
            asset_id,
            date,
            sum(quantity) over (partition by loan_id, asset_id order by date rows unbounded preceding) as quantity
        from changes
    ),

    assets as (
        select loan_id, collateral_asset as asset_id, 0::decimal(9, 6) as haircut_ratio
        from {{ ref('int_loan_terms') }}
        where loan_id not in (select loan_collateral.loan_id from {{ ref('loan_collateral') }} as loan_collateral)
        union all
        select loan_id, asset_id, coalesce(haircut_ratio, 0) as haircut_ratio
        from {{ ref('loan_collateral') }}
    ),

    held as (
        select
            days.loan_id, days.date, assets.asset_id, assets.haircut_ratio, coalesce(balances.quantity, 0) as quantity
        from {{ ref('int_loan_days') }} as days
        inner join
            assets on days.loan_id = assets.loan_id
            {{ asof_left_join() }} balances
            on days.loan_id = balances.loan_id
            and assets.asset_id = balances.asset_id
            and days.date >= balances.date
    ),

    valued as (
        select
            held.*,
            prices.price_usd,
            prices.priced_at,
            {{ usd_value('held.quantity', 'prices.price_usd') }} as value_usd
        from held
        inner join
            {{ ref('int_loan_terms') }} as loans on held.loan_id = loans.loan_id
            {{ closing_price_of_list('loans', 'held.asset_id', 'held.date') }}
    )

select
    loan_id,
    date,
    asset_id,
    haircut_ratio,
    quantity::{{ quantity_type() }} as quantity,
    price_usd,
    priced_at,
    if(quantity = 0, 0, value_usd)::{{ usd_type() }} as value_usd,
    if(quantity = 0, 0, round(value_usd * (1 - haircut_ratio), 2))::{{ usd_type() }} as lendable_usd
from valued
