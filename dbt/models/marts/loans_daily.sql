-- One row per loan and day from the first event on: principal, interest, collateral and loan-to-value at the end of the day (UTC).
with closing as (
    select
        loan_id,
        company_id,
        occurred_at::date as date,
        arg_max(principal_after_usd, event_no) as principal_usd,
        arg_max(collateral_after_quantity, event_no) as collateral_quantity,
        sum(interest_usd) as interest_paid_usd,
        bool_or(is_illustrative) as is_illustrative
    from {{ ref('int_loan_events') }}
    group by loan_id, company_id, date
),

periods as (
    select
        *,
        sum(interest_paid_usd) over until_now as interest_paid_to_date_usd,
        bool_or(is_illustrative) over until_now as has_illustrative,
        case
            when lead(date) over (partition by loan_id order by date) is not null
                then lead(date) over (partition by loan_id order by date) - interval 1 day
            -- A loan that is repaid and holds no collateral has no more days.
            when principal_usd = 0 and collateral_quantity = 0 then date
            else greatest((select data_date.data_at from {{ ref('int_data_date') }} as data_date), date)
        end as last_date
    from closing
    window until_now as (partition by loan_id order by date rows unbounded preceding)
),

dated as (
    select
        periods.*,
        {{ days('periods.date', 'periods.last_date') }} as day
    from periods
),

-- Simple interest on the principal at the end of each day; cents × millionths, divided once at the end so that no cent is lost.
accrued as (
    select
        dated.*,
        loans.collateral_asset,
        loans.annual_rate,
        loans.margin_call_ltv_ratio,
        loans.liquidation_ltv_ratio,
        loans.is_illustrative as has_illustrative_terms,
        case loans.day_count when 'act/360' then 360 when 'act/365' then 365 end as days_a_year,
        sum({{ cents('dated.principal_usd') }}::hugeint * cast(loans.annual_rate * 1000000 as integer)) over (
            partition by dated.loan_id order by dated.day rows unbounded preceding
        )::hugeint as interest_numerator
    from dated
    inner join {{ ref('loan_terms') }} as loans on dated.loan_id = loans.loan_id
),

valued as (
    select
        accrued.*,
        prices.price_usd as collateral_price_usd,
        prices.priced_at as collateral_price_at,
        {{ usd_value('accrued.collateral_quantity', 'prices.price_usd') }} as collateral_value_usd,
        {{ usd_from_cents(whole_quotient('accrued.interest_numerator', 'accrued.days_a_year::hugeint * 1000000')) }} as interest_to_date_usd
    from accrued
    {{ asof_left_join() }} {{ ref('int_prices') }} as prices
        on accrued.collateral_asset = prices.asset_id and accrued.day + interval 1 day > prices.priced_at
)

select
    loan_id,
    company_id,
    day as date,
    principal_usd,
    (interest_to_date_usd - interest_paid_to_date_usd)::{{ usd_type() }} as accrued_interest_usd,
    interest_to_date_usd,
    interest_paid_to_date_usd::{{ usd_type() }} as interest_paid_to_date_usd,
    collateral_asset,
    collateral_quantity,
    collateral_price_usd,
    collateral_price_at,
    cast(day - collateral_price_at::date as integer) as collateral_price_age_days,
    collateral_value_usd,
    {{ ratio('principal_usd', 'collateral_value_usd') }} as ltv_ratio,
    -- Thresholds are compared by cross-multiplication: a quotient would have been rounded first.
    case
        when principal_usd <= 0 then 'repaid'
        when principal_usd >= liquidation_ltv_ratio * collateral_value_usd then 'default'
        when principal_usd >= margin_call_ltv_ratio * collateral_value_usd then 'margin_call'
        -- Terms that nobody published cannot be kept or broken.
        when liquidation_ltv_ratio is null and margin_call_ltv_ratio is null then 'terms_unknown'
        else 'current'
    end as loan_state,
    has_illustrative or has_illustrative_terms as is_illustrative
from valued
