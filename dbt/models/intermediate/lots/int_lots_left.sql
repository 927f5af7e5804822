-- One row per pool and lot of which units lie there at the end.
select pool_id, lot_sequence, quantity, cost from {{ ref('int_coins_matched') }} where sequence is null
