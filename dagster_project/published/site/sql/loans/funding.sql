-- One row per repayment, source of money, and basis.
select
    repayment_id, repaid_at, company_id, loan_id, lender, inflow_kind, inflow_at, basis, amount_usd, inflow_id,
    is_illustrative, source_file, source_row, source_url, quarter_of(repaid_at) as _quarter
from repayment_allocations
order by repaid_at desc, repayment_id, amount_usd desc, inflow_id, basis
