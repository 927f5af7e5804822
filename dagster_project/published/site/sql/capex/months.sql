-- One row per project and month: construction in progress with capitalised interest (ASC 835-20), and depreciation.
select
    month, company_id, project_id, opening_usd, paid_usd, returned_usd, capitalised_interest_usd,
    placed_in_service_usd, closing_usd, in_service_usd, depreciation_usd, accumulated_depreciation_usd, carrying_usd,
    interest_incurred_usd, is_limited, is_interest_complete, is_illustrative, quarter_of(month) as _quarter
from capex_monthly
order by month desc, project_id
