-- One row per book, asset and collateral account whose coins that book does not hold.
-- Their lender may use them, so control has passed. What was pledged left the book at fair value, and comes back as a
-- new lot (AICPA practice aid Q25; the receivable stands in no lot).
select distinct policies.book, policies.asset_id, accounts.company_id, accounts.account_id
from {{ ref('int_lot_policies') }} as policies
inner join {{ ref('accounts') }} as accounts on policies.company_id = accounts.company_id
inner join {{ ref('loan_terms') }} as loans on accounts.loan_id = loans.loan_id
where policies.collateral_policy = 'derecognise' and accounts.kind = 'collateral' and loans.lender_may_rehypothecate
