-- One row per loan and day from the first event on: principal, interest, collateral and loan-to-value at the end of the day (UTC).
with collateral as (
    select
        collateral.loan_id,
        collateral.date,
        any_value(collateral.quantity) filter (where collateral.asset_id = loans.collateral_asset) as quantity,
        any_value(collateral.price_usd) filter (where collateral.asset_id = loans.collateral_asset) as price_usd,
        any_value(collateral.priced_at) filter (where collateral.asset_id = loans.collateral_asset) as priced_at,
        any_value(collateral.haircut_ratio) filter (where collateral.asset_id = loans.collateral_asset) as haircut_ratio,
        -- Unknown as a whole where a part is.
        case when count(collateral.value_usd) = count(*) then sum(collateral.value_usd)::{{ usd_type() }} end as value_usd,
        case when count(collateral.lendable_usd) = count(*) then sum(collateral.lendable_usd)::{{ usd_type() }} end as lendable_usd,
        coalesce(sum(collateral.lendable_usd) filter (where collateral.asset_id <> loans.collateral_asset), 0)::{{ usd_type() }} as other_lendable_usd
    from {{ ref('int_loan_collateral_daily') }} as collateral
    inner join {{ ref('int_loan_terms') }} as loans on collateral.loan_id = loans.loan_id
    group by collateral.loan_id, collateral.date
),

owed as (
    select
        days.*,
        loans.company_id,
        loans.principal_asset,
        loans.collateral_asset,
        loans.is_coin,
        loans.unit_decimals,
        loans.due_on,
        loans.cure_hours,
        loans.margin_call_ltv_ratio,
        loans.cure_ltv_ratio,
        loans.liquidation_ltv_ratio,
        loans.is_illustrative,
        illustrative.is_balance_illustrative,
        {{ owed_usd('days.principal', 'loans', 'prices.price_usd') }} as principal_usd,
        {{ owed_usd('days.interest', 'loans', 'prices.price_usd') }} as interest_usd,
        {{ owed_usd('days.interest_to_date', 'loans', 'prices.price_usd') }} as interest_to_date_usd,
        {{ owed_usd('days.interest_paid_to_date', 'loans', 'prices.price_usd') }} as interest_paid_to_date_usd,
        {{ owed_usd('days.interest_capitalised_to_date', 'loans', 'prices.price_usd') }} as interest_capitalised_to_date_usd,
        {{ owed_usd('days.interest_due', 'loans', 'prices.price_usd') }} as interest_due_usd,
        {{ owed_usd('days.fee_due', 'loans', 'prices.price_usd') }} as fee_due_usd
    from {{ ref('int_loan_days') }} as days
    inner join {{ ref('int_loan_terms') }} as loans on days.loan_id = loans.loan_id
    {{ asof_left_join() }} {{ ref('int_closing_prices') }} as prices
        on loans.price_list = prices.price_list and loans.principal_asset = prices.asset_id and days.date >= prices.date
    {{ asof_left_join() }} (
        select
            loan_id,
            occurred_at::date as date,
            bool_or(is_balance_illustrative) as is_balance_illustrative
        from {{ ref('int_loan_events') }}
        group by all
    ) as illustrative
        on days.loan_id = illustrative.loan_id and days.date >= illustrative.date
),

valued as (
    select
        owed.*,
        collateral.quantity,
        collateral.price_usd,
        collateral.priced_at,
        collateral.haircut_ratio,
        collateral.value_usd,
        collateral.lendable_usd,
        collateral.other_lendable_usd
    from owed
    inner join collateral on owed.loan_id = collateral.loan_id and owed.date = collateral.date
),

-- Thresholds are compared by cross-multiplication: a quotient would have been rounded first.
compared as (
    select
        loan_id,
        date,
        case
            when principal_usd <= 0 then false
            when principal_usd >= margin_call_ltv_ratio * lendable_usd then true
            when principal_usd <= coalesce(cure_ltv_ratio, margin_call_ltv_ratio) * lendable_usd then false
        end as called_or_cured
    from valued
    where margin_call_ltv_ratio is not null
),

-- A call stands until the loan-to-value is back at the cure's, not only below the call's.
called as (
    select
        loan_id,
        date,
        coalesce(last_value(called_or_cured ignore nulls) over until_now, false) as is_called
    from compared
    window until_now as (partition by loan_id order by date rows unbounded preceding)
),

starts as (
    select
        *,
        is_called and not lag(is_called, 1, false) over (partition by loan_id order by date) as is_first_of_call
    from called
),

episodes as (
    select
        loan_id,
        date,
        is_called,
        max(if(is_first_of_call, date, null)) over until_now as margin_called_on
    from starts
    window until_now as (partition by loan_id order by date rows unbounded preceding)
),

-- The prices at which calls come change with what is owed and pledged, and not by the day: 22,000 divisions in place of 1.8 million.
standings as (
    select distinct
        loan_id,
        principal_asset,
        collateral_asset,
        principal_usd,
        quantity,
        haircut_ratio,
        other_lendable_usd,
        margin_call_ltv_ratio,
        liquidation_ltv_ratio
    from valued
    where margin_call_ltv_ratio is not null or liquidation_ltv_ratio is not null
),

turning_prices as (
    select
        loan_id,
        principal_usd,
        quantity,
        other_lendable_usd,
        {{ price_to_ltv('margin_call_ltv_ratio') }} as price_to_margin_call_usd,
        {{ price_to_ltv('liquidation_ltv_ratio') }} as price_to_liquidation_usd
    from standings
),

judged as (
    select
        valued.*,
        turning_prices.price_to_margin_call_usd,
        turning_prices.price_to_liquidation_usd,
        episodes.margin_called_on,
        episodes.margin_called_on + interval 1 day + to_hours(valued.cure_hours) as cure_due_at,
        case
            when valued.principal_usd <= 0 then 'repaid'
            when valued.principal_usd >= valued.liquidation_ltv_ratio * valued.lendable_usd then 'at_or_above_liquidation_ltv'
            when valued.due_on <= valued.date then 'unpaid_at_maturity'
            when episodes.margin_called_on + interval 1 day + to_hours(valued.cure_hours) <= valued.date + interval 1 day then 'not_cured_in_time'
            when episodes.is_called then 'at_or_above_margin_call_ltv_and_not_cured'
            -- Terms that nobody published cannot be kept or broken.
            when valued.liquidation_ltv_ratio is null and valued.margin_call_ltv_ratio is null then 'no_threshold_published'
            when valued.lendable_usd is null then 'collateral_price_unknown'
            else 'below_margin_call_ltv'
        end as state_rule
    from valued
    left join episodes on valued.loan_id = episodes.loan_id and valued.date = episodes.date and episodes.is_called
    left join turning_prices
        on
            valued.loan_id = turning_prices.loan_id
            and valued.principal_usd = turning_prices.principal_usd
            and valued.quantity = turning_prices.quantity
            and valued.other_lendable_usd = turning_prices.other_lendable_usd
)

select
    loan_id,
    company_id,
    date,
    principal_asset,
    {{ owed_quantity('principal', 'judged') }} as principal_quantity,
    principal_usd,
    {{ rate_from_units('rate') }} as annual_rate,
    interest_usd,
    interest_due_usd as accrued_interest_usd,
    interest_to_date_usd,
    interest_paid_to_date_usd,
    interest_capitalised_to_date_usd,
    fee_due_usd,
    (principal_usd + coalesce(interest_due_usd, 0) + fee_due_usd)::{{ usd_type() }} as outstanding_usd,
    collateral_asset,
    quantity as collateral_quantity,
    price_usd as collateral_price_usd,
    priced_at as collateral_price_at,
    cast(date - priced_at::date as integer) as collateral_price_age_days,
    value_usd as collateral_value_usd,
    lendable_usd as collateral_lendable_usd,
    {{ ratio('principal_usd', 'lendable_usd') }} as ltv_ratio,
    case
        when state_rule = 'repaid' then 'repaid'
        when state_rule in ('at_or_above_liquidation_ltv', 'unpaid_at_maturity', 'not_cured_in_time') then 'default'
        when state_rule = 'at_or_above_margin_call_ltv_and_not_cured' then 'margin_call'
        when state_rule = 'no_threshold_published' then 'terms_unknown'
        when state_rule = 'collateral_price_unknown' then 'price_unknown'
        else 'current'
    end as loan_state,
    state_rule,
    margin_called_on,
    cure_due_at,
    cast(round(margin_call_ltv_ratio * lendable_usd - principal_usd, 2) as {{ usd_type() }}) as headroom_usd,
    price_to_margin_call_usd,
    price_to_liquidation_usd,
    is_balance_illustrative or coalesce(is_illustrative, false) as is_illustrative
from judged
