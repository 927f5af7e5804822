-- One row per transfer of which the other end is missing.
select
    coalesce(sent_at, received_at) as seen_at, company_id, asset_id, status,
    if(sent_event_id is null, 'nobody sent it', 'nobody received it') as missing,
    coalesce(sent_quantity, received_quantity) as quantity, hours_waiting,
    coalesce(sent_account, received_account) as account_id, likely_event_id, likely_basis, transfer_id,
    transfer_hash, is_illustrative,
    coalesce(sent_source_file, received_source_file) as source_file,
    coalesce(sent_source_row, received_source_row) as source_row,
    quarter_of(coalesce(sent_at, received_at)) as _quarter
from transfers
where status <> 'paired'
order by hours_waiting desc nulls last, transfer_id
