-- One row per capex payment, source of money, and basis.
select
    paid_at, company_id, project_name, project_kind, inflow_kind, basis, amount_usd, inflow_at, inflow_id, capex_id,
    project_id, commitment_id, is_illustrative, source_file, source_row, source_url, quarter_of(paid_at) as _quarter
from capex_allocations
order by paid_at desc, capex_id, amount_usd desc, inflow_id, basis
