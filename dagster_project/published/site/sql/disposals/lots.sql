-- One row per disposal and slice of a lot that it consumed, with the file and row that the lot came from.
with numbered as (
    select disposal_id, (row_number() over (order by disposed_at desc, disposal_id) - 1) // chunk_rows() as chunk
    from disposals
)

select
    numbered.chunk as _chunk,
    slices.disposal_id as _parent,
    slices.match_no, slices.acquired_at, slices.quantity, slices.cost_usd, slices.proceeds_usd,
    slices.realized_gain_usd, slices.gain_since_period_open_usd, slices.days_held, slices.is_long_term,
    slices.cash_flow_class, slices.basis, slices.lot_id, slices.is_illustrative, lots.source_file, lots.source_row
from disposal_lots as slices
inner join numbered using (disposal_id)
left join lots on slices.lot_id = lots.lot_id
where numbered.chunk < most_rows() // chunk_rows()
order by numbered.chunk, slices.disposal_id, slices.match_no
