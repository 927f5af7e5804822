-- One row per inflow of money, use, and basis.
select
    used_at, company_id, inflow_kind, use_kind, basis, amount_usd, inflow_at, inflow_id, use_id, use_account,
    is_illustrative, quarter_of(coalesce(inflow_at, used_at)) as _quarter
from proceeds_uses
order by coalesce(used_at, inflow_at) desc, amount_usd desc, inflow_id, use_id, basis
