-- One row per movement and lot it took units from, in all books and the money pool; shortfalls have none.
select sequence, match_no, lot_sequence, quantity, cost, basis
from {{ ref('int_lots_matched') }}
where sequence is not null
