-- What slices of a lot cost and what is left of it add up to what the lot cost, to the cent; never less than nothing is left.
select
    lots.lot_id,
    lots.cost_usd,
    lots.cost_left_usd,
    lots.quantity_left,
    coalesce(consumed.cost_usd, 0) as consumed_cost_usd
from {{ ref('lots') }} as lots
left join (
    select
        lot_id,
        sum(cost_usd) as cost_usd,
        sum(quantity) as quantity
    from {{ ref('disposal_lots') }}
    group by lot_id
) as consumed on lots.lot_id = consumed.lot_id
where
    lots.cost_usd <> lots.cost_left_usd + coalesce(consumed.cost_usd, 0)
    or lots.quantity <> lots.quantity_left + coalesce(consumed.quantity, 0)
    or lots.quantity_left < 0
    or (lots.quantity_left = 0 and lots.cost_left_usd <> 0)
