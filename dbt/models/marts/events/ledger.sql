-- One row per leg of an event: plus means that the account grew; the legs of an event sum to zero at transaction value.
select
    event_id,
    leg_no,
    leg,
    company_id,
    occurred_at,
    account_id,
    account_kind,
    asset_id,
    quantity::{{ quantity_type() }} as quantity,
    value_usd::{{ usd_type() }} as value_usd,
    is_illustrative
from {{ ref('int_legs') }}
