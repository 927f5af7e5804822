-- One row per leg of an event: out of an account (minus), into an account (plus), fee paid (minus), fee expense (plus).
-- The only place with sign rules: plus means that the account grew. At transaction value the legs of an event sum to
-- zero.
select
    event_id,
    1 as leg_no,
    'out' as leg,
    company_id,
    occurred_at,
    from_account as account_id,
    from_kind as account_kind,
    from_asset as asset_id,
    from_class as asset_class,
    - from_quantity as quantity,
    - value_usd as value_usd,
    is_illustrative
from {{ ref('int_events') }}
union all
select
    event_id,
    2,
    'in',
    company_id,
    occurred_at,
    to_account,
    to_kind,
    to_asset,
    to_class,
    to_quantity,
    value_usd,
    is_illustrative
from {{ ref('int_events') }}
union all
select
    event_id,
    3,
    'fee',
    company_id,
    occurred_at,
    fee_account,
    fee_kind,
    fee_asset,
    fee_class,
    - fee_quantity,
    - fee_usd,
    is_illustrative
from {{ ref('int_events') }}
where fee_quantity is not null
union all
select
    event_id,
    4,
    'fee_expense',
    company_id,
    occurred_at,
    {{ fees_account('company_id') }},
    'expense',
    fee_asset,
    fee_class,
    fee_quantity,
    fee_usd,
    is_illustrative
from {{ ref('int_events') }}
where fee_quantity is not null
