-- One row per book, account and day on which the account's units move between the company's pool and its own.
-- It happens where the pools of a book change their scope. So the basis that is not used up by then is allocated to
-- wallets (Rev. Proc. 2024-28): lots that the company names for an account (seeds/basis_allocations.csv) first, then
-- by the new method; accounts with named lots before others. No coin moves.
with
    changes as (select * from {{ ref('int_lot_policies') }} where pool_scope <> pool_scope_before),

    balances as (
        select changes.*, legs.account_id, sum(legs.quantity) as balance
        from changes
        inner join
            {{ ref('int_legs') }} as legs
            on changes.company_id = legs.company_id
            and changes.asset_id = legs.asset_id
            and changes.effective_from > legs.occurred_at
        where
            {{ is_holding('legs.account_kind') }}
            and (changes.book, changes.asset_id, legs.account_id) not in (
                select (elsewhere.book, elsewhere.asset_id, elsewhere.account_id)
                from {{ ref('int_derecognised_accounts') }} as elsewhere
            )
        group by all
        having sum(legs.quantity) > 0
    ),

    named as (select distinct book, asset_id, effective_from, account_id from {{ ref('basis_allocations') }})

select
    balances.book,
    balances.asset_id,
    {{ allocation_id('balances', 'named.account_id is not null') }} as event_id,
    balances.company_id,
    balances.effective_from::timestamp as occurred_at,
    'allocation' as leg,
    case
        balances.pool_scope
        when 'account'
        then {{ company_pool_id('balances') }}
        else {{ account_pool_id('balances', 'balances.account_id') }}
    end as pool_id,
    case
        balances.pool_scope
        when 'account'
        then {{ account_pool_id('balances', 'balances.account_id') }}
        else {{ company_pool_id('balances') }}
    end as to_pool_id,
    'transfer' as kind,
    {{ to_units('balances.balance', 'balances.decimals') }} as quantity,
    null::{{ units_type() }} as cost,
    if(named.account_id is null, balances.method, 'specific') as method
from balances
left join
    named
    on balances.book = named.book
    and balances.asset_id = named.asset_id
    and balances.effective_from = named.effective_from
    and balances.account_id = named.account_id
