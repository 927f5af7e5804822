-- One row per project and budget period: what was allowed, what was paid in it, and what is left.
select
    budgets.project_id,
    projects.company_id,
    budgets.period_from,
    budgets.period_until,
    budgets.budget_usd,
    coalesce(sum(movements.value_usd) filter (where movements.value_usd > 0), 0)::{{ usd_type() }} as paid_usd,
    (
        budgets.budget_usd - coalesce(sum(movements.value_usd) filter (where movements.value_usd > 0), 0)
    )::{{ usd_type() }} as budget_left_usd,
    coalesce(sum(movements.value_usd) filter (where movements.value_usd > 0), 0) > budgets.budget_usd as is_over_budget,
    budgets.is_illustrative or coalesce(bool_or(movements.is_illustrative), false) as is_illustrative,
    budgets.source_url,
    budgets.note
from {{ ref('project_budgets') }} as budgets
inner join {{ ref('projects') }} as projects on budgets.project_id = projects.project_id
left join
    {{ ref('int_capex_movements') }} as movements
    on budgets.project_id = movements.project_id
    and movements.moved_on between budgets.period_from and budgets.period_until
group by
    budgets.project_id,
    projects.company_id,
    budgets.period_from,
    budgets.period_until,
    budgets.budget_usd,
    budgets.is_illustrative,
    budgets.source_url,
    budgets.note
