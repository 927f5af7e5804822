-- One row per pool and lot of stablecoins of which units lie there at the end.
select pool_id, lot_sequence, quantity, cost from {{ ref('int_stablecoins_matched') }} where sequence is null
