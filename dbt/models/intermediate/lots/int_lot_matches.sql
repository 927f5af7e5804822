-- One row per movement of coins and lot it took units from, in all books; shortfalls have no lot.
select sequence, match_no, lot_sequence, quantity, cost, basis
from {{ ref('int_coins_matched') }}
where sequence is not null
