-- A payment calls itself interest, a fee or principal, and the contract's order applies it to something else.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select repayment_id, stated_part, split_difference_usd
from {{ ref('loan_repayments') }}
where split_difference_usd <> 0
