-- Fee, interest and principal of a payment add up to it, in units and in dollars.
select loan_id, sequence::varchar as payment
from {{ ref('int_loan_postings') }}
where kind = 'payment' and amount <> fee + interest + principal
union all
select loan_id, event_id
from {{ ref('loan_repayments') }}
where amount_usd <> fee_usd + interest_usd + principal_usd
