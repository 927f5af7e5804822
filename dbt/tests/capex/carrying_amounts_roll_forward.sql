-- What is carried is what was carried, plus what went into service, less the depreciation of the month; after the end
-- of a project's life it is nothing.
select months.project_id, months.month, months.carrying_usd
from
    (
        select *, lag(carrying_usd, 1, 0) over (partition by project_id order by month) as previous_usd
        from {{ ref('capex_monthly') }}
    ) as months
inner join {{ ref('projects') }} as projects on months.project_id = projects.project_id
where
    months.carrying_usd <> months.previous_usd + months.placed_in_service_usd - months.depreciation_usd
    or (
        months.month > projects.placed_in_service_on + to_months(projects.useful_life_months)
        and months.carrying_usd <> 0
    )
