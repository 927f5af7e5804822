-- One row per company of the house: its name, ticker, fiscal year and the zone whose calendar its books use.
select company_id, name as company_name, ticker, fiscal_year_end, reporting_timezone, source_url
from {{ ref('companies') }}
