-- More was paid than a budget allows, in all or in a period.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select project_id, null::date as period_from, budget_usd, paid_usd
from {{ ref('capex_projects') }}
where is_over_budget
union all
select project_id, period_from, budget_usd, paid_usd
from {{ ref('capex_budgets') }}
where is_over_budget
