-- One row per loan and day: what is owed and pledged, the prices that would bring a call, its state and why.
with
    standings as (
        -- The prices at which calls come change with what is owed and pledged, and not by the day: 22,000 divisions
        -- in place of 1.8 million.
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
        from {{ ref('int_loans_valued') }}
        where margin_call_ltv_ratio is not null or liquidation_ltv_ratio is not null
    ),

    turning_prices as (
        select
            loan_id,
            principal_usd,
            quantity,
            other_lendable_usd,
            margin_call_ltv_ratio,
            liquidation_ltv_ratio,
            {{ price_to_ltv('margin_call_ltv_ratio') }} as price_to_margin_call_usd,
            {{ price_to_ltv('liquidation_ltv_ratio') }} as price_to_liquidation_usd
        from standings
    ),

    ruled as (
        select
            valued.*,
            turning_prices.price_to_margin_call_usd,
            turning_prices.price_to_liquidation_usd,
            calls.margin_called_on,
            calls.margin_called_on + interval 1 day + to_hours(valued.cure_hours) as cure_due_at,
            case
                when valued.principal_usd <= 0
                then 'repaid'
                when valued.principal_usd >= valued.liquidation_ltv_ratio * valued.lendable_usd
                then 'at_or_above_liquidation_ltv'
                when valued.due_on <= valued.date
                then 'unpaid_at_maturity'
                when
                    calls.margin_called_on + interval 1 day + to_hours(valued.cure_hours)
                    <= valued.date + interval 1 day
                then 'not_cured_in_time'
                when calls.margin_called_on is not null
                then 'at_or_above_margin_call_ltv_and_not_cured'
                -- Terms that nobody published cannot be kept or broken.
                when valued.liquidation_ltv_ratio is null and valued.margin_call_ltv_ratio is null
                then 'no_threshold_published'
                when valued.lendable_usd is null
                then 'collateral_price_unknown'
                else 'below_margin_call_ltv'
            end as state_rule
        from {{ ref('int_loans_valued') }} as valued
        left join {{ ref('int_margin_calls') }} as calls on valued.loan_id = calls.loan_id and valued.date = calls.date
        left join
            turning_prices
            on valued.loan_id = turning_prices.loan_id
            and valued.principal_usd = turning_prices.principal_usd
            and valued.quantity = turning_prices.quantity
            and valued.other_lendable_usd = turning_prices.other_lendable_usd
            and valued.margin_call_ltv_ratio is not distinct from turning_prices.margin_call_ltv_ratio
            and valued.liquidation_ltv_ratio is not distinct from turning_prices.liquidation_ltv_ratio
    )

select
    *,
    case
        when state_rule = 'repaid'
        then 'repaid'
        when state_rule in ('at_or_above_liquidation_ltv', 'unpaid_at_maturity', 'not_cured_in_time')
        then 'default'
        when state_rule = 'at_or_above_margin_call_ltv_and_not_cured'
        then 'margin_call'
        when state_rule = 'no_threshold_published'
        then 'terms_unknown'
        when state_rule = 'collateral_price_unknown'
        then 'price_unknown'
        else 'current'
    end as loan_state
from ruled
