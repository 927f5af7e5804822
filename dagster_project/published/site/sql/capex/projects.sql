-- One row per project, AI first: what was planned, promised and paid, and whose money paid it.
select
    project_id, project_name, company_id, project_kind, budget_usd, committed_usd, paid_usd, construction_in_progress_usd,
    in_service_usd, budget_left_usd, open_commitments_usd, deposits_usd, capitalised_interest_usd,
    is_interest_complete, is_over_budget, is_over_committed, placed_in_service_on, first_paid_at, last_paid_at,
    paid_from_disposals_usd, paid_from_loans_usd, paid_from_equity_usd, paid_from_other_usd, unattributed_usd,
    funding_stated_usd, useful_life_months, is_illustrative, source_url, note
from capex_projects
order by project_kind <> 'ai', paid_usd desc, project_id
