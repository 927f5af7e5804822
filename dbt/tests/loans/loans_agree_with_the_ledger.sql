-- What was drawn and paid is what the loan's account says in the ledger; its collateral lies in its collateral account.
with
    postings as (
        select
            loan_id,
            sum(case kind when 'drawdown' then amount else - amount end) filter (where kind <> 'capitalisation') as owed
        from {{ ref('int_loan_postings') }}
        group by loan_id
    ),

    legs as (
        select
            accounts.loan_id,
            - sum(legs.value_usd) filter (where accounts.kind = 'loan') as owed_usd,
            - sum(legs.quantity) filter (
                where accounts.kind = 'loan' and legs.asset_id = loans.principal_asset
            ) as owed_quantity,
            bool_and(legs.asset_id = loans.principal_asset) filter (where accounts.kind = 'loan') as is_one_asset,
            sum(legs.quantity) filter (
                where accounts.kind = 'collateral' and legs.asset_id = loans.collateral_asset
            ) as pledged_quantity
        from {{ ref('int_legs') }} as legs
        inner join {{ ref('accounts') }} as accounts on legs.account_id = accounts.account_id
        inner join {{ ref('loan_terms') }} as loans on accounts.loan_id = loans.loan_id
        group by accounts.loan_id
    )

select loans.loan_id, postings.owed, legs.owed_usd, loans.collateral_quantity, legs.pledged_quantity
from {{ ref('loans') }} as loans
inner join {{ ref('int_loan_terms') }} as terms on loans.loan_id = terms.loan_id
left join postings on loans.loan_id = postings.loan_id
left join legs on loans.loan_id = legs.loan_id
where
    coalesce(loans.collateral_quantity, 0) <> coalesce(legs.pledged_quantity, 0)
    or (not terms.is_coin and coalesce(postings.owed, 0) <> {{ cents('coalesce(legs.owed_usd, 0)') }})
    or (
        terms.is_coin
        and legs.is_one_asset
        and coalesce(postings.owed, 0) <> {{ to_units('coalesce(legs.owed_quantity, 0)', 'terms.unit_decimals') }}
    )
