-- Over all projects of a company, in every fiscal year up to every month (ASC 835-20-30-6).
-- Nor does it exceed what could have been avoided.
select
    company_id,
    month,
    sum(capitalised_this_year_usd) as capitalised_usd,
    any_value(interest_incurred_usd) as incurred_usd
from {{ ref('capex_monthly') }}
group by company_id, month
having
    sum(capitalised_this_year_usd) > any_value(interest_incurred_usd)
    or count(distinct interest_incurred_usd) > 1
    or bool_or(capitalised_this_year_usd < 0)
