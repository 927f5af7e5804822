-- One row per book and asset leaving a pool, the newest first, with its gain under the other lot methods.
select
    disposal_id, disposed_on, company_id, book, asset_id, disposal_type, quantity, price_usd, gross_proceeds_usd,
    fee_usd, net_proceeds_usd, cost_usd, realized_gain_usd, gain_since_period_open_usd, is_cost_complete, method,
    fifo_gain_usd, lifo_gain_usd, hifo_gain_usd, lofo_gain_usd, average_gain_usd, cash_flow_class, lots_consumed,
    account_id, event_id, group_id, disposed_at, is_illustrative, source_file, source_row, source_url,
    quarter_of(disposed_on) as _quarter,
    (row_number() over newest_first - 1) // chunk_rows() as _lots_chunk
from disposals
left join (
    select disposal_id, fifo_gain_usd, lifo_gain_usd, hifo_gain_usd, lofo_gain_usd, average_gain_usd
    from method_comparison
) as compared using (disposal_id)
window newest_first as (order by disposed_at desc, disposal_id)
order by disposed_at desc, disposal_id
