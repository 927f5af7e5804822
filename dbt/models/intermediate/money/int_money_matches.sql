-- One row per movement of money and inflow it took cents from; shortfalls have no inflow.
select sequence, match_no, lot_sequence, quantity, cost, basis
from {{ ref('int_money_matched') }}
where sequence is not null
