-- One row per project: what was planned, promised and paid, and whose money paid it.
with paid as (
    select
        project_id,
        min(paid_at) as first_paid_at,
        max(paid_at) as last_paid_at,
        sum(amount_usd) as paid_usd,
        sum(amount_usd) filter (where inflow_kind = 'disposal') as from_disposals_usd,
        sum(amount_usd) filter (where inflow_kind = 'loan_drawdown') as from_loans_usd,
        sum(amount_usd) filter (where inflow_kind = 'equity_raise') as from_equity_usd,
        sum(amount_usd) filter (where inflow_kind not in ('disposal', 'loan_drawdown', 'equity_raise', 'unattributed')) as from_other_usd,
        sum(amount_usd) filter (where inflow_kind = 'unattributed') as unattributed_usd,
        sum(amount_usd) filter (where basis in ('named', 'direct')) as funding_stated_usd,
        bool_or(is_illustrative) as is_illustrative
    from {{ ref('capex_allocations') }}
    group by project_id
)

select
    projects.project_id,
    projects.company_id,
    projects.name as project_name,
    projects.project_kind,
    projects.budget_usd,
    projects.committed_usd,
    coalesce(paid.paid_usd, 0)::{{ usd_type() }} as paid_usd,
    (projects.budget_usd - coalesce(paid.paid_usd, 0))::{{ usd_type() }} as budget_left_usd,
    projects.placed_in_service_on,
    paid.first_paid_at,
    paid.last_paid_at,
    null::{{ usd_type() }} as capitalised_interest_usd,
    coalesce(paid.from_disposals_usd, 0)::{{ usd_type() }} as paid_from_disposals_usd,
    coalesce(paid.from_loans_usd, 0)::{{ usd_type() }} as paid_from_loans_usd,
    coalesce(paid.from_equity_usd, 0)::{{ usd_type() }} as paid_from_equity_usd,
    coalesce(paid.from_other_usd, 0)::{{ usd_type() }} as paid_from_other_usd,
    coalesce(paid.unattributed_usd, 0)::{{ usd_type() }} as unattributed_usd,
    coalesce(paid.funding_stated_usd, 0)::{{ usd_type() }} as funding_stated_usd,
    coalesce(projects.is_illustrative, false) or coalesce(paid.is_illustrative, false) as is_illustrative,
    projects.source_url,
    projects.note
from {{ ref('projects') }} as projects
left join paid on projects.project_id = paid.project_id
