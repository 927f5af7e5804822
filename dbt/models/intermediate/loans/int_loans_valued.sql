-- One row per loan and day: what is owed and pledged in US dollars at its end (UTC), and the loan-to-values in force.
with
    collateral as (
        select
            collateral.loan_id,
            collateral.date,
            any_value(collateral.quantity) filter (where collateral.asset_id = loans.collateral_asset) as quantity,
            any_value(collateral.price_usd) filter (where collateral.asset_id = loans.collateral_asset) as price_usd,
            any_value(collateral.priced_at) filter (where collateral.asset_id = loans.collateral_asset) as priced_at,
            any_value(collateral.haircut_ratio) filter (
                where collateral.asset_id = loans.collateral_asset
            ) as haircut_ratio,
            -- Unknown as a whole where a part is.
            case
                when count(collateral.value_usd) = count(*) then sum(collateral.value_usd)::{{ usd_type() }}
            end as value_usd,
            case
                when count(collateral.lendable_usd) = count(*) then sum(collateral.lendable_usd)::{{ usd_type() }}
            end as lendable_usd,
            coalesce(
                sum(collateral.lendable_usd) filter (where collateral.asset_id <> loans.collateral_asset), 0
            )::{{ usd_type() }} as other_lendable_usd
        from {{ ref('int_loan_collateral_daily') }} as collateral
        inner join {{ ref('int_loan_terms') }} as loans on collateral.loan_id = loans.loan_id
        group by collateral.loan_id, collateral.date
    )

select
    days.loan_id,
    loans.company_id,
    days.date,
    loans.principal_asset,
    loans.collateral_asset,
    loans.unit_decimals,
    loans.due_on,
    thresholds.margin_call_ltv_ratio,
    thresholds.cure_ltv_ratio,
    thresholds.liquidation_ltv_ratio,
    thresholds.cure_hours,
    days.rate,
    days.principal,
    {{ owed_usd('days.principal', 'loans', 'prices.price_usd') }} as principal_usd,
    {{ owed_usd('days.interest', 'loans', 'prices.price_usd') }} as interest_usd,
    {{ owed_usd('days.interest_to_date', 'loans', 'prices.price_usd') }} as interest_to_date_usd,
    {{ owed_usd('days.interest_paid_to_date', 'loans', 'prices.price_usd') }} as interest_paid_to_date_usd,
    {{ owed_usd('days.interest_capitalised_to_date', 'loans', 'prices.price_usd') }}
    as interest_capitalised_to_date_usd,
    {{ owed_usd('days.interest_due', 'loans', 'prices.price_usd') }} as interest_due_usd,
    {{ owed_usd('days.fee_due', 'loans', 'prices.price_usd') }} as fee_due_usd,
    collateral.quantity,
    collateral.price_usd,
    collateral.priced_at,
    collateral.haircut_ratio,
    collateral.value_usd,
    collateral.lendable_usd,
    collateral.other_lendable_usd,
    illustrative.is_balance_illustrative or coalesce(loans.is_illustrative, false) as is_illustrative
from {{ ref('int_loan_days') }} as days
inner join
    {{ ref('int_loan_terms') }} as loans on days.loan_id = loans.loan_id
    {{ asof_left_join() }} {{ ref('int_loan_thresholds') }} as thresholds
    on days.loan_id = thresholds.loan_id
    and days.date >= thresholds.effective_from
    {{ closing_price_of_list('loans', 'loans.principal_asset', 'days.date') }}
    {{ asof_left_join() }} (
        select loan_id, occurred_at::date as date, bool_or(is_balance_illustrative) as is_balance_illustrative
        from {{ ref('int_loan_balances') }}
        group by all
    ) as illustrative
    on days.loan_id = illustrative.loan_id
    and days.date >= illustrative.date
inner join collateral on days.loan_id = collateral.loan_id and days.date = collateral.date
