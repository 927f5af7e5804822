-- One row per disposal: the sum of its slices, which the law `lots_of_a_disposal_add_up` compares with the disposal.
with numbered as (
    select disposal_id, (row_number() over (order by disposed_at desc, disposal_id) - 1) // chunk_rows() as chunk
    from disposals
)

select
    numbered.chunk as _chunk,
    disposal_id as _parent,
    count(*) as lots,
    sum(slices.quantity) as quantity,
    if(count(*) = count(slices.cost_usd), sum(slices.cost_usd), null) as cost_usd,
    if(count(*) = count(slices.proceeds_usd), sum(slices.proceeds_usd), null) as proceeds_usd,
    if(count(*) = count(slices.realized_gain_usd), sum(slices.realized_gain_usd), null) as realized_gain_usd
from disposal_lots as slices
inner join numbered using (disposal_id)
where numbered.chunk < most_rows() // chunk_rows()
group by all
order by numbered.chunk, disposal_id
