-- One row per company, month and project that borrowed for itself, or `others`: interest, and what bore it.
-- A project's own loan counts for it alone until the project is in service, and with the others from then on; before
-- building begins it is `idle`.
with
    daily as (
        select
            loans.loan_id,
            loans.company_id,
            loans.date,
            {{ days_360('loans.date', 'cast(loans.date + interval 1 day as date)') }} as days,
            {{ cents('greatest(loans.principal_usd, 0)') }}::hugeint as principal_cents,
            {{ cents('loans.interest_to_date_usd') }}::hugeint as interest_to_date_cents,
            loans.is_illustrative
        from {{ ref('int_loans_valued') }} as loans
    ),

    accrued as (
        select
            *,
            interest_to_date_cents
            - lag(interest_to_date_cents, 1, 0) over (partition by loan_id order by date) as interest_cents
        from daily
    ),

    windows as (
        select
            borrowings.loan_id,
            borrowings.project_id,
            coalesce(any_value(projects.building_from), min(movements.moved_on)) as builds_from,
            any_value(projects.placed_in_service_on) as placed_in_service_on
        from {{ ref('project_borrowings') }} as borrowings
        inner join {{ ref('projects') }} as projects on borrowings.project_id = projects.project_id
        left join {{ ref('int_capex_movements') }} as movements on borrowings.project_id = movements.project_id
        group by borrowings.loan_id, borrowings.project_id
    )

select
    accrued.company_id,
    date_trunc('month', accrued.date)::date as month,
    case
        when windows.loan_id is null or accrued.date >= windows.placed_in_service_on
        then 'others'
        when accrued.date >= windows.builds_from
        then windows.project_id
        else 'idle'
    end as borrowed_for,
    sum(accrued.principal_cents * accrued.days) filter (where accrued.interest_cents is not null)::hugeint as cent_days,
    sum(accrued.interest_cents)::hugeint as interest_cents,
    bool_or(accrued.principal_cents > 0 and accrued.interest_cents is null) as has_unknown_rate,
    bool_or(accrued.is_illustrative) as is_illustrative
from accrued
left join windows on accrued.loan_id = windows.loan_id
group by all
