-- What lots cost is what disposals consumed of it and what is left, to the cent: lot by lot, or for all lots of a book.
-- Lots of a book and asset count together where they share their cost (average, also by a move between pools) or take
-- over that of a fee. Units add up lot by lot always; never less than nothing is left.
with
    consumed as (
        select lot_id, sum(cost_usd) as cost_usd, sum(quantity) as quantity
        from {{ ref('disposal_lots') }}
        group by lot_id
    ),

    sharing as (
        select distinct movements.book, movements.company_id, movements.asset_id
        from {{ ref('int_lot_matches') }} as matches
        inner join {{ ref('int_coin_movements') }} as movements on matches.sequence = movements.sequence
        where matches.basis = 'average' or movements.kind = 'absorb'
    ),

    lots as (
        select
            lots.*,
            coalesce(consumed.quantity, 0) as consumed_quantity,
            lots.cost_usd - lots.cost_left_usd - lots.absorbed_cost_usd - coalesce(consumed.cost_usd, 0) as missing_usd,
            sharing.book is not null as is_cost_shared
        from {{ ref('lots') }} as lots
        left join consumed on lots.lot_id = consumed.lot_id
        left join
            sharing
            on lots.book = sharing.book
            and lots.company_id = sharing.company_id
            and lots.asset_id = sharing.asset_id
    )

select lot_id, missing_usd
from lots
where
    quantity <> quantity_left + absorbed_quantity + consumed_quantity
    or quantity_left < 0
    or cost_left_usd < 0
    or (quantity_left = 0 and cost_left_usd <> 0)
    or (missing_usd <> 0 and not is_cost_shared)
union all
select book || ':' || company_id || ':' || asset_id, sum(missing_usd)
from lots
group by book, company_id, asset_id
having sum(missing_usd) <> 0
