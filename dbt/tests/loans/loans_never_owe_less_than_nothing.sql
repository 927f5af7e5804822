-- More was repaid than was owed, or more collateral came back than was pledged: a drawdown or a pledge is missing, or
-- a payment was interest.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select loan_id, event_id, principal_after_usd, collateral_after_quantity
from {{ ref('int_loan_balances') }}
where principal_after_usd < 0 or collateral_after_quantity < 0
