-- One row per loan and transaction that released collateral: the lots that came back, and what they were booked at.
select
    loan_id,
    group_id,
    string_agg(lot_id, '; ' order by book, lot_id) as lot_ids,
    -- Books that had derecognised the collateral get it back at its value, which is one.
    max(cost_usd) as cost_usd
from
    (
        select
            loan_id,
            group_id,
            book,
            lot_id,
            sum(if(is_new, cost_usd, null)) over (partition by loan_id, group_id, book)::{{ usd_type() }} as cost_usd
        from {{ ref('int_lots_released') }}
    )
group by loan_id, group_id
