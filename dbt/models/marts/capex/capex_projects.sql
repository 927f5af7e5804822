-- One row per project: what was planned, promised and paid, and whose money paid it.
with
    paid as (
        select
            project_id,
            min(paid_at) as first_paid_at,
            max(paid_at) as last_paid_at,
            sum(amount_usd) as paid_usd,
            sum(amount_usd) filter (where inflow_kind = 'disposal') as from_disposals_usd,
            sum(amount_usd) filter (where inflow_kind = 'loan_drawdown') as from_loans_usd,
            sum(amount_usd) filter (where inflow_kind = 'equity_raise') as from_equity_usd,
            sum(amount_usd) filter (
                where inflow_kind not in ('disposal', 'loan_drawdown', 'equity_raise', 'unattributed')
            ) as from_other_usd,
            sum(amount_usd) filter (where inflow_kind = 'unattributed') as unattributed_usd,
            sum(amount_usd) filter (where basis in ('named', 'direct')) as funding_stated_usd,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('capex_allocations') }}
        group by project_id
    ),

    built as (
        select
            project_id,
            sum(capitalised_interest_usd) as capitalised_interest_usd,
            arg_max(closing_usd, month) as construction_in_progress_usd,
            arg_max(in_service_usd, month) as in_service_usd,
            bool_and(is_interest_complete) as is_interest_complete,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('capex_monthly') }}
        group by project_id
    ),

    -- A cancelled order binds no more than what was paid for it.
    ordered as (
        select
            project_id,
            sum(if(commitment_state = 'cancelled', paid_usd, amount_usd)) as committed_usd,
            sum(open_usd) as open_usd,
            sum(deposit_usd) as deposit_usd,
            bool_or(is_illustrative) as is_illustrative
        from {{ ref('commitments') }}
        group by project_id
    ),

    budgeted as (
        select project_id, sum(budget_usd) as budget_usd from {{ ref('project_budgets') }} group by project_id
    ),

    -- Where budgets stand period by period, the figure in seeds/projects.csv does not count.
    planned as (
        select projects.*, coalesce(budgeted.budget_usd, projects.budget_usd)::{{ usd_type() }} as planned_usd
        from {{ ref('projects') }} as projects
        left join budgeted on projects.project_id = budgeted.project_id
    )

select
    projects.project_id,
    projects.company_id,
    projects.name as project_name,
    projects.project_kind,
    projects.planned_usd as budget_usd,
    coalesce(ordered.committed_usd, projects.committed_usd)::{{ usd_type() }} as committed_usd,
    coalesce(paid.paid_usd, 0)::{{ usd_type() }} as paid_usd,
    (projects.planned_usd - coalesce(paid.paid_usd, 0))::{{ usd_type() }} as budget_left_usd,
    coalesce(paid.paid_usd, 0) > projects.planned_usd as is_over_budget,
    coalesce(
        ordered.open_usd,
        case
            when projects.committed_usd is not null
            then greatest(projects.committed_usd - coalesce(paid.paid_usd, 0), 0)
        end
    )::{{ usd_type() }} as open_commitments_usd,
    coalesce(paid.paid_usd, 0) + open_commitments_usd > projects.planned_usd as is_over_committed,
    coalesce(ordered.deposit_usd, 0)::{{ usd_type() }} as deposits_usd,
    projects.placed_in_service_on,
    paid.first_paid_at,
    paid.last_paid_at,
    projects.building_from,
    projects.placed_in_service_on as depreciation_starts_on,
    projects.useful_life_months,
    coalesce(built.capitalised_interest_usd, 0)::{{ usd_type() }} as capitalised_interest_usd,
    coalesce(built.is_interest_complete, true) as is_interest_complete,
    coalesce(built.construction_in_progress_usd, 0)::{{ usd_type() }} as construction_in_progress_usd,
    coalesce(built.in_service_usd, 0)::{{ usd_type() }} as in_service_usd,
    coalesce(paid.from_disposals_usd, 0)::{{ usd_type() }} as paid_from_disposals_usd,
    coalesce(paid.from_loans_usd, 0)::{{ usd_type() }} as paid_from_loans_usd,
    coalesce(paid.from_equity_usd, 0)::{{ usd_type() }} as paid_from_equity_usd,
    coalesce(paid.from_other_usd, 0)::{{ usd_type() }} as paid_from_other_usd,
    coalesce(paid.unattributed_usd, 0)::{{ usd_type() }} as unattributed_usd,
    coalesce(paid.funding_stated_usd, 0)::{{ usd_type() }} as funding_stated_usd,
    coalesce(projects.is_illustrative, false)
    or coalesce(paid.is_illustrative, false)
    or coalesce(built.is_illustrative, false)
    or coalesce(ordered.is_illustrative, false) as is_illustrative,
    projects.source_url,
    projects.note
from planned as projects
left join paid on projects.project_id = paid.project_id
left join ordered on projects.project_id = ordered.project_id
left join built on projects.project_id = built.project_id
