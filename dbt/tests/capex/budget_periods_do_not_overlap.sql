-- A payment would count in two periods of its project's budget: mend seeds/project_budgets.csv.
select project_id, period_from, period_until
from {{ ref('project_budgets') }}
where period_until < period_from
union all
select earlier.project_id, later.period_from, earlier.period_until
from {{ ref('project_budgets') }} as earlier
inner join
    {{ ref('project_budgets') }} as later
    on earlier.project_id = later.project_id
    and earlier.period_from < later.period_from
    and earlier.period_until >= later.period_from
