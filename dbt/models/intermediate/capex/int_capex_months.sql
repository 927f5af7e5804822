-- One row per project and month: expenditures, and for how long they were outstanding while it was built.
-- From the first payment of any project on. Expenditures are whole cents, multiplied by days of which a month has 30
-- (see place_in_360): cent days, exact.
with
    projects as (
        select
            movements.project_id,
            any_value(movements.company_id) as company_id,
            min(movements.month) as first_month,
            coalesce(any_value(projects.building_from), min(movements.moved_on)) as builds_from,
            least(any_value(projects.placed_in_service_on), any_value(data_date.data_at)::date + 1) as builds_until,
            greatest(max(movements.month), date_trunc('month', any_value(data_date.data_at))::date) as last_month
        from {{ ref('int_capex_movements') }} as movements
        inner join {{ ref('projects') }} as projects on movements.project_id = projects.project_id
        cross join {{ ref('int_data_date') }} as data_date
        group by movements.project_id
    ),

    calendar as (
        select
            unnest(generate_series(min(first_month)::timestamp, max(last_month)::timestamp, interval 1 month))::date
            as month
        from projects
    ),

    months as (select projects.*, calendar.month from projects cross join calendar),

    built as (
        select
            months.*,
            {{ fiscal_year_of('months.month', 'companies.fiscal_year_end') }} as fiscal_year_from,
            greatest(months.builds_from, months.month) as built_from,
            least(months.builds_until, {{ next_month('months.month') }}) as built_until
        from months
        inner join {{ ref('companies') }} as companies on months.company_id = companies.company_id
    ),

    monthly as (
        select
            built.project_id,
            built.company_id,
            built.month,
            built.fiscal_year_from,
            built.builds_from < {{ next_month('built.month') }} and built.builds_until > built.month as is_building,
            {{ days_360('built.built_from', 'built.built_until') }} as days_built,
            coalesce(sum({{ cents('movements.value_usd') }}), 0)::hugeint as moved_cents,
            coalesce(
                sum(
                    {{ cents('movements.value_usd') }}::hugeint
                    * {{ days_360('greatest(built.built_from, movements.moved_on)', 'built.built_until') }}
                ),
                0
            )::hugeint as moved_cent_days
        from built
        left join
            {{ ref('int_capex_movements') }} as movements
            on built.project_id = movements.project_id
            and built.month = movements.month
        group by all
    ),

    accumulated as (
        select
            *,
            sum(moved_cents) over (partition by project_id order by month rows unbounded preceding)
            - moved_cents as opening_cents
        from monthly
    )

select
    project_id,
    company_id,
    month,
    fiscal_year_from,
    is_building,
    opening_cents::hugeint as opening_cents,
    moved_cents,
    sum(days_built) over this_year::integer as days_built_this_year,
    sum(opening_cents * days_built + moved_cent_days) over this_year::hugeint as cent_days_this_year
from accumulated
window this_year as (partition by project_id, fiscal_year_from order by month rows unbounded preceding)
