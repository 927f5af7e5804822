-- The stablecoins that are carried, less those that left without ever having come in, are those that the accounts hold.
with
    ledger as (
        select company_id, asset_id, sum(quantity) as quantity
        from {{ ref('int_legs') }}
        where {{ is_holding('account_kind') }} and {{ is_money('asset_class') }} and asset_id <> 'USD'
        group by company_id, asset_id
    ),

    missing as (
        select
            movements.company_id,
            movements.asset_id,
            {{ from_units('sum(matched.quantity)', 'any_value(assets.decimals)') }} as quantity
        from {{ ref('int_stablecoins_matched') }} as matched
        inner join {{ ref('int_stablecoin_movements') }} as movements on matched.sequence = movements.sequence
        inner join {{ ref('int_assets') }} as assets on movements.asset_id = assets.asset_id
        where matched.lot_sequence is null
        group by movements.company_id, movements.asset_id
    )

select
    ledger.company_id,
    ledger.asset_id,
    ledger.quantity as ledger_quantity,
    held.quantity as held_quantity,
    missing.quantity as missing_quantity
from ledger
left join
    {{ ref('stablecoins_held') }} as held on ledger.company_id = held.company_id and ledger.asset_id = held.asset_id
left join missing on ledger.company_id = missing.company_id and ledger.asset_id = missing.asset_id
where ledger.quantity <> coalesce(held.quantity, 0) - coalesce(missing.quantity, 0)
