-- One row per inflow of money, use, and basis: which dollars paid for what, stated (named) or inferred (newest).
select
    company_id,
    inflow_id,
    inflow_kind,
    inflow_type,
    inflow_at,
    received_asset,
    use_id,
    use_kind,
    use_account,
    used_at,
    paid_asset,
    basis,
    amount_usd,
    is_illustrative
from {{ ref('int_money_uses') }}
