-- One row per inflow of money of which something is unspent.
select pool_id, lot_sequence, quantity, cost from {{ ref('int_money_matched') }} where sequence is null
