-- One row per project and month from its first payment on: construction in progress, cost in service, depreciation.
-- Interest is that of ASC 835-20.
with
    begun as (select project_id, min(month) as first_month from {{ ref('int_capex_movements') }} group by project_id),

    moved as (
        select
            project_id,
            month,
            sum(value_usd) filter (where value_usd > 0) as paid_usd,
            - sum(value_usd) filter (where value_usd < 0) as returned_usd,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('int_capex_movements') }}
        group by project_id, month
    ),

    monthly as (
        select
            interest.*,
            projects.placed_in_service_on,
            projects.useful_life_months,
            coalesce(moved.paid_usd, 0) as paid_usd,
            coalesce(moved.returned_usd, 0) as returned_usd,
            {{ usd_from_cents('interest.capitalised_cents') }} as capitalised_interest_usd,
            {{ usd_from_cents('interest.capitalised_this_year_cents') }} as capitalised_this_year_usd,
            {{ usd_from_cents('sum(interest.moved_cents + interest.capitalised_cents) over until_now') }} as cost_usd,
            interest.month >= date_trunc('month', projects.placed_in_service_on) as is_in_service,
            coalesce(projects.is_illustrative, false)
            or bool_or(
                coalesce(moved.is_illustrative, false)
                or (interest.capitalised_this_year_cents <> 0 and interest.has_illustrative_loan)
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
            coalesce(lag(closing_usd) over (partition by project_id order by month), 0) as opening_usd,
            opening_usd + paid_usd - returned_usd + capitalised_interest_usd - closing_usd as placed_in_service_usd
        from monthly
    ),

    -- What went into service together is depreciated together, to the end of the project's life: from its first day,
    -- or, where it came later, from the month after.
    layers as (
        select
            project_id,
            month,
            {{ cents('placed_in_service_usd') }} as cents,
            case
                date_trunc('month', placed_in_service_on)
                when month
                then {{ place_in_360('placed_in_service_on') }}
                else {{ place_in_360(next_month('month')) }}
            end as starts,
            {{ place_in_360('placed_in_service_on') }} + 30 * useful_life_months as ends
        from closed
        where placed_in_service_usd <> 0 and useful_life_months is not null
    ),

    depreciated as (
        select
            closed.project_id,
            closed.month,
            coalesce(
                sum(
                    case
                        when layers.ends <= layers.starts
                        then layers.cents
                        else
                            {{ whole_quotient(
                'layers.cents::hugeint * least(' ~ place_in_360(next_month('closed.month')) ~ ' - layers.starts, layers.ends - layers.starts)',
                'layers.ends - layers.starts',
            ) }}
                    end
                ),
                0
            ) as cents
        from closed
        left join layers on closed.project_id = layers.project_id and closed.month >= layers.month
        group by closed.project_id, closed.month
    )

select
    closed.project_id,
    closed.company_id,
    closed.month,
    closed.opening_usd::{{ usd_type() }} as opening_usd,
    closed.paid_usd::{{ usd_type() }} as paid_usd,
    closed.returned_usd::{{ usd_type() }} as returned_usd,
    closed.capitalised_interest_usd,
    closed.placed_in_service_usd::{{ usd_type() }} as placed_in_service_usd,
    closed.closing_usd::{{ usd_type() }} as closing_usd,
    (closed.cost_usd - closed.closing_usd)::{{ usd_type() }} as in_service_usd,
    if(
        closed.useful_life_months is null, null, {{ usd_from_cents('depreciated.cents') }}
    ) as accumulated_depreciation_usd,
    (
        accumulated_depreciation_usd
        - lag(accumulated_depreciation_usd, 1, 0) over (partition by closed.project_id order by closed.month)
    )::{{ usd_type() }} as depreciation_usd,
    (in_service_usd - accumulated_depreciation_usd)::{{ usd_type() }} as carrying_usd,
    closed.fiscal_year_from,
    {{ usd_from_cents(whole_quotient('closed.cent_days', 360)) }} as average_expenditures_usd,
    {{ usd_from_cents('closed.own_cents') }} as own_loans_interest_usd,
    {{ usd_from_cents('closed.other_cents') }} as other_loans_interest_usd,
    cast(
        {{ whole_quotient('closed.other_interest_cents * 360000000', 'closed.other_cent_days') }}
        * 0.000001::decimal(7, 6) as {{ ratio_type() }}
    ) as other_loans_rate_ratio,
    {{ usd_from_cents('closed.incurred_cents') }} as interest_incurred_usd,
    closed.capitalised_this_year_usd,
    closed.is_limited,
    closed.is_interest_complete,
    closed.is_illustrative
from closed
inner join depreciated on closed.project_id = depreciated.project_id and closed.month = depreciated.month
