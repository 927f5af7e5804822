-- One row per movement of coins and lot that was named for it: for a disposal or a move, or for a wallet.
with
    coins_named as (
        select
            event_id,
            source,
            unnest(string_split(lot_picks, ';')) as pick,
            generate_subscripts(string_split(lot_picks, ';'), 1) as pick_no
        from {{ ref('int_events') }}
        -- An identification made after the disposal is none: Reg. 1.1012-1(j)(3), "no later than the date and time of
        -- the sale".
        where lot_picks is not null and identified_at <= occurred_at
    ),

    named as (
        select
            movements.sequence,
            coins_named.pick_no,
            {{ lot_id(
                'movements.book', "coins_named.source || ':' || regexp_replace(coins_named.pick, ':[^:]*$', '')", "'in'"
            ) }} as lot_id,
            {{ to_units("regexp_extract(coins_named.pick, '[^:]*$')::decimal(38, 18)", 'assets.decimals') }} as units
        from coins_named
        inner join
            {{ ref('int_coin_movements') }} as movements
            on coins_named.event_id = movements.event_id
            and movements.leg = 'out'
        inner join {{ ref('int_assets') }} as assets on movements.asset_id = assets.asset_id
        union all
        select
            movements.sequence,
            row_number() over (partition by movements.sequence order by allocations.lot_event_id),
            {{ lot_id('allocations.book', 'allocations.lot_event_id', "'in'") }},
            {{ to_units('allocations.quantity', 'assets.decimals') }}
        from {{ ref('basis_allocations') }} as allocations
        inner join
            {{ ref('int_coin_movements') }} as movements
            on allocations.book = movements.book
            and {{ allocation_id('allocations', 'true') }} = movements.event_id
        inner join {{ ref('int_assets') }} as assets on movements.asset_id = assets.asset_id
    )

select named.sequence, named.pick_no, lots.sequence as lot_sequence, named.units::{{ units_type() }} as quantity
from named
inner join {{ ref('int_coin_movements') }} as lots on named.lot_id = lots.movement_id
