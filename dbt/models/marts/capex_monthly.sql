-- One row per project and month from its first payment on: construction in progress rolls forward, with the interest capitalised under ASC 835-20.
with begun as (
    select
        project_id,
        min(month) as first_month
    from {{ ref('int_capex_movements') }}
    group by project_id
),

moved as (
    select
        project_id,
        month,
        sum(value_usd) filter (where value_usd > 0) as paid_usd,
        -sum(value_usd) filter (where value_usd < 0) as returned_usd,
        bool_or(is_illustrative) as is_illustrative
    from {{ ref('int_capex_movements') }}
    group by project_id, month
),

monthly as (
    select
        interest.*,
        projects.placed_in_service_on,
        coalesce(moved.paid_usd, 0) as paid_usd,
        coalesce(moved.returned_usd, 0) as returned_usd,
        {{ usd_from_cents('interest.capitalised_cents') }} as capitalised_interest_usd,
        {{ usd_from_cents('interest.capitalised_this_year_cents') }} as capitalised_this_year_usd,
        {{ usd_from_cents('sum(interest.moved_cents + interest.capitalised_cents) over until_now') }} as cost_usd,
        interest.month >= date_trunc('month', projects.placed_in_service_on) as is_in_service,
        coalesce(projects.is_illustrative, false)
        or bool_or(
            coalesce(moved.is_illustrative, false) or (interest.capitalised_this_year_cents <> 0 and interest.has_illustrative_loan)
        ) over until_now as is_illustrative
    from {{ ref('int_capitalised_interest') }} as interest
    inner join {{ ref('projects') }} as projects on interest.project_id = projects.project_id
    inner join begun on interest.project_id = begun.project_id and interest.month >= begun.first_month
    left join moved on interest.project_id = moved.project_id and interest.month = moved.month
    window until_now as (partition by interest.project_id order by interest.month rows unbounded preceding)
),

closed as (
    select
        *,
        case when is_in_service then 0 else cost_usd end as closing_usd,
        coalesce(lag(closing_usd) over (partition by project_id order by month), 0) as opening_usd
    from monthly
)

select
    project_id,
    company_id,
    month,
    opening_usd::{{ usd_type() }} as opening_usd,
    paid_usd::{{ usd_type() }} as paid_usd,
    returned_usd::{{ usd_type() }} as returned_usd,
    capitalised_interest_usd,
    (opening_usd + paid_usd - returned_usd + capitalised_interest_usd - closing_usd)::{{ usd_type() }} as placed_in_service_usd,
    closing_usd::{{ usd_type() }} as closing_usd,
    (cost_usd - closing_usd)::{{ usd_type() }} as in_service_usd,
    fiscal_year_from,
    {{ usd_from_cents(whole_quotient('cent_days', 360)) }} as average_expenditures_usd,
    {{ usd_from_cents('own_cents') }} as own_loans_interest_usd,
    {{ usd_from_cents('other_cents') }} as other_loans_interest_usd,
    cast({{ whole_quotient('other_interest_cents * 360000000', 'other_cent_days') }} * 0.000001::decimal(7, 6) as {{ ratio_type() }})
        as other_loans_rate_ratio,
    {{ usd_from_cents('incurred_cents') }} as interest_incurred_usd,
    capitalised_this_year_usd,
    is_limited,
    is_interest_complete,
    is_illustrative
from closed
