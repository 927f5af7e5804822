-- What is unspent, less what was paid out of nowhere, is the dollars that the accounts hold, stablecoins at the value
-- they are carried at, less stablecoins that were paid and had never come in (at what they paid). So the gain or loss
-- of a peg is a line, and never vanishes.
with
    balances as (
        select company_id, sum(quantity)::{{ usd_type() }} as amount_usd
        from {{ ref('int_legs') }}
        where {{ is_holding('account_kind') }} and asset_id = 'USD'
        group by company_id
        union all
        select pools.company_id, {{ usd_from_cents('sum(matched.cost)') }}
        from {{ ref('int_stablecoins_matched') }} as matched
        inner join
            (select distinct pool_id, company_id from {{ ref('int_stablecoin_movements') }}) as pools
            on matched.pool_id = pools.pool_id
        where matched.sequence is null
        group by pools.company_id
        union all
        select company_id, {{ usd_from_cents('-sum(overdrawn)') }}
        from {{ ref('int_stablecoins_carried') }}
        group by company_id
    ),

    money as (select company_id, sum(amount_usd) as amount_usd from balances group by company_id),

    short as (
        select movements.company_id, {{ usd_from_cents('sum(matches.quantity)') }} as amount_usd
        from {{ ref('int_money_matches') }} as matches
        inner join {{ ref('int_money_movements') }} as movements on matches.sequence = movements.sequence
        where matches.basis = 'shortfall'
        group by movements.company_id
    ),

    unspent as (
        select company_id, sum(amount_usd) as amount_usd
        from {{ ref('proceeds_uses') }}
        where use_kind = 'unspent'
        group by company_id
    )

select
    money.company_id,
    money.amount_usd as held_usd,
    coalesce(unspent.amount_usd, 0) - coalesce(short.amount_usd, 0) as traced_usd
from money
left join unspent on money.company_id = unspent.company_id
left join short on money.company_id = short.company_id
where money.amount_usd <> coalesce(unspent.amount_usd, 0) - coalesce(short.amount_usd, 0)
