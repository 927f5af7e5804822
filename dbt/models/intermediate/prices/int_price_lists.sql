-- One row per company: the list of prices that it uses.
-- Its own where it has a policy of its own, and else the one of all (*).
select
    companies.company_id,
    if(
        companies.company_id in (select policies.company_id from {{ ref('price_policies') }} as policies),
        companies.company_id,
        '*'
    ) as price_list
from {{ ref('companies') }} as companies
