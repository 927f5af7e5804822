-- Signed, at transaction value: what left one account arrived in another, and a fee is an expense.
select event_id, sum(value_usd) as difference_usd from {{ ref('ledger') }} group by event_id having sum(value_usd) <> 0
