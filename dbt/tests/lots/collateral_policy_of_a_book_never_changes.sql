-- Coins that were pledged under one policy could not come back under the other: their lots would be lost, or counted
-- twice.
select company_id, book
from {{ ref('int_lot_policies') }}
group by company_id, book
having count(distinct collateral_policy) > 1
