-- Every unit that leaves a pool is matched once: to a lot, or to a shortfall.
select movements.movement_id, movements.quantity, matched.quantity as matched_quantity
from {{ ref('int_movements') }} as movements
left join
    (select sequence, sum(quantity) as quantity from {{ ref('int_lot_matches') }} group by sequence) as matched
    on movements.sequence = matched.sequence
where movements.kind <> 'acquire' and movements.quantity is distinct from matched.quantity
