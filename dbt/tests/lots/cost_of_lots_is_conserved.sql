-- What lots cost is what disposals consumed of it and what is left, to the cent: lot by lot, or for all lots of a
-- pool together where they share their cost (average) or take over that of a fee. Units add up lot by lot always;
-- never less than nothing is left.
with
    consumed as (
        select lot_id, sum(cost_usd) as cost_usd, sum(quantity) as quantity, bool_or(basis = 'average') as is_average
        from {{ ref('disposal_lots') }}
        group by lot_id
    ),

    lots as (
        select
            lots.*,
            coalesce(consumed.quantity, 0) as consumed_quantity,
            lots.cost_usd - lots.cost_left_usd - lots.absorbed_cost_usd - coalesce(consumed.cost_usd, 0) as missing_usd,
            bool_or(consumed.is_average or lots.absorbed_quantity > 0) over (
                partition by lots.book, lots.company_id, lots.asset_id
            ) as is_cost_shared
        from {{ ref('lots') }} as lots
        left join consumed on lots.lot_id = consumed.lot_id
    )

select lot_id, missing_usd
from lots
where
    quantity <> quantity_left + absorbed_quantity + consumed_quantity
    or quantity_left < 0
    or cost_left_usd < 0
    or (quantity_left = 0 and cost_left_usd <> 0)
    or (missing_usd <> 0 and not coalesce(is_cost_shared, false))
union all
select book || ':' || company_id || ':' || asset_id, sum(missing_usd)
from lots
group by book, company_id, asset_id
having sum(missing_usd) <> 0
