-- One row per loan and event that touches its balance or its collateral, with what it changed and what stood after it.
with loan_legs as (
    select
        accounts.loan_id,
        legs.event_id,
        legs.account_kind,
        legs.asset_id,
        legs.quantity,
        legs.value_usd
    from {{ ref('int_legs') }} as legs
    inner join {{ ref('accounts') }} as accounts on legs.account_id = accounts.account_id
    where accounts.kind in ('loan', 'collateral') and accounts.loan_id is not null
),

changes as (
    select
        loan_legs.loan_id,
        events.event_id,
        events.company_id,
        events.occurred_at,
        coalesce(events.group_id, events.event_id) as group_id,
        events.event_type,
        events.from_account,
        events.is_illustrative,
        -- The loan account shrinks (minus) when money is drawn, and grows when it is paid back.
        coalesce(sum(-loan_legs.value_usd) filter (where loan_legs.account_kind = 'loan' and loan_legs.quantity < 0), 0) as drawn_usd,
        coalesce(sum(loan_legs.value_usd) filter (where loan_legs.account_kind = 'loan' and loan_legs.quantity > 0), 0) as paid_usd,
        coalesce(sum(loan_legs.quantity) filter (where loan_legs.account_kind = 'collateral' and loan_legs.asset_id = loans.collateral_asset), 0)
            as collateral_change_quantity
    from loan_legs
    inner join {{ ref('int_events') }} as events on loan_legs.event_id = events.event_id
    inner join {{ ref('loan_terms') }} as loans on loan_legs.loan_id = loans.loan_id
    group by all
),

parted as (
    select
        *,
        case when event_type = 'interest_payment' then paid_usd else 0 end as interest_usd,
        case when event_type = 'fee' then paid_usd else 0 end as fee_usd,
        case when event_type in ('interest_payment', 'fee') then 0 else paid_usd end as principal_usd
    from changes
)

select
    loan_id,
    row_number() over after_it as event_no,
    event_id,
    company_id,
    occurred_at,
    group_id,
    event_type,
    from_account,
    is_illustrative,
    drawn_usd::{{ usd_type() }} as drawn_usd,
    paid_usd::{{ usd_type() }} as paid_usd,
    principal_usd::{{ usd_type() }} as principal_usd,
    interest_usd::{{ usd_type() }} as interest_usd,
    fee_usd::{{ usd_type() }} as fee_usd,
    collateral_change_quantity::{{ quantity_type() }} as collateral_change_quantity,
    cast(sum(drawn_usd - principal_usd) over after_it as {{ usd_type() }}) as principal_after_usd,
    cast(sum(collateral_change_quantity) over after_it as {{ quantity_type() }}) as collateral_after_quantity,
    bool_or(is_illustrative) over after_it as is_balance_illustrative
from parted
window after_it as (partition by loan_id order by occurred_at, event_id rows unbounded preceding)
