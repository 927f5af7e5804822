-- One row per company (or `*`) and price move of loan_stress; a company's own moves replace those of the product.
select company_id, move_ratio
from {{ ref('stress_moves') }}
union all
select company_id, move_ratio
from {{ ref('known_stress_moves') }}
where company_id not in (select own.company_id from {{ ref('stress_moves') }} as own)
