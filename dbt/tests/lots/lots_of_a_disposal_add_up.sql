-- Quantity, proceeds and cost of the slices are those of the disposal, to the unit and to the cent.
select disposals.disposal_id
from {{ ref('disposals') }} as disposals
left join
    (
        select disposal_id, sum(quantity) as quantity, sum(proceeds_usd) as proceeds_usd, sum(cost_usd) as cost_usd
        from {{ ref('disposal_lots') }}
        group by disposal_id
    ) as slices
    on disposals.disposal_id = slices.disposal_id
where
    disposals.quantity is distinct from slices.quantity
    or disposals.net_proceeds_usd is distinct from slices.proceeds_usd
    or (disposals.is_cost_complete and disposals.cost_usd is distinct from slices.cost_usd)
