-- One row per movement of stablecoins and lot it took units from; shortfalls have no lot.
select sequence, match_no, lot_sequence, quantity, cost, basis
from {{ ref('int_stablecoins_matched') }}
where sequence is not null
