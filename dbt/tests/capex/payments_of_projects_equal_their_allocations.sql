-- What a project has paid by its months, by its own row, and by the sources of its payments is one figure.
select projects.project_id, projects.paid_usd, months.paid_usd as monthly_usd, allocations.amount_usd
from {{ ref('capex_projects') }} as projects
left join
    (select project_id, sum(paid_usd) as paid_usd from {{ ref('capex_monthly') }} group by project_id) as months
    on projects.project_id = months.project_id
left join
    (
        select project_id, sum(amount_usd) as amount_usd from {{ ref('capex_allocations') }} group by project_id
    ) as allocations
    on projects.project_id = allocations.project_id
where projects.paid_usd <> coalesce(months.paid_usd, 0) or projects.paid_usd <> coalesce(allocations.amount_usd, 0)
