-- One row per book and path of money: from a payment back to the inflow, the lot and its origin.
select
    used_at, company_id, book, use_kind, inflow_kind, basis, asset_id, quantity, origin_kind, amount_usd, acquired_at,
    lot_id, lot_basis, inflow_at, inflow_id, use_id, use_account, paid_asset, received_asset, conversion_id, match_no,
    origin_id, origin_type, is_illustrative, quarter_of(coalesce(inflow_at, used_at)) as _quarter
from lineage_of_funds
order by
    coalesce(used_at, inflow_at) desc, amount_usd desc, use_id, inflow_id, book, basis, match_no, lot_id, conversion_id
