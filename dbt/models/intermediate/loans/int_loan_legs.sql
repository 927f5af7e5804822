-- One row per loan, event and asset that it moved on the loan's own account or on its collateral's.
select
    accounts.loan_id,
    legs.event_id,
    legs.occurred_at,
    legs.account_kind,
    legs.asset_id,
    sum(legs.quantity) as quantity,
    sum(legs.value_usd) as value_usd
from {{ ref('int_legs') }} as legs
inner join {{ ref('accounts') }} as accounts on legs.account_id = accounts.account_id
where accounts.kind in ('loan', 'collateral') and accounts.loan_id is not null
group by all
