-- Principal of a loan is what its account owes in the ledger, interest and fees aside; its collateral lies in its collateral account.
with owed as (
    select
        accounts.loan_id,
        -sum(legs.value_usd) as owed_usd
    from {{ ref('int_legs') }} as legs
    inner join {{ ref('accounts') }} as accounts on legs.account_id = accounts.account_id
    where accounts.kind = 'loan'
    group by accounts.loan_id
),

pledged as (
    select
        accounts.loan_id,
        legs.asset_id,
        sum(legs.quantity) as quantity
    from {{ ref('int_legs') }} as legs
    inner join {{ ref('accounts') }} as accounts on legs.account_id = accounts.account_id
    where accounts.kind = 'collateral'
    group by accounts.loan_id, legs.asset_id
)

select
    loans.loan_id,
    loans.principal_usd,
    owed.owed_usd,
    loans.collateral_quantity,
    pledged.quantity as pledged_quantity
from {{ ref('loans') }} as loans
left join owed on loans.loan_id = owed.loan_id
left join pledged on loans.loan_id = pledged.loan_id and loans.collateral_asset = pledged.asset_id
where
    loans.principal_usd - loans.interest_paid_usd - loans.fee_paid_usd <> coalesce(owed.owed_usd, 0)
    or coalesce(loans.collateral_quantity, 0) <> coalesce(pledged.quantity, 0)
