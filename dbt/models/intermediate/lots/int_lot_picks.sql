-- One row per movement and lot that was named for it, by the company's own words: lots of coins, wallets to allocate
-- them to, inflows of money.
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

    money_named as (
        select use_event_id as event_id, inflow_event_id, part_no, 1 as rank
        from {{ ref('int_money_named') }}
        where use_event_id is not null
        union all
        -- Two joins: one over "this event, or this account" would compare every use with every payment.
        select events.event_id, uses.inflow_event_id, uses.part_no, 2
        from {{ ref('int_money_named') }} as uses
        inner join {{ ref('int_events') }} as events on uses.use_account_id = events.to_account
    ),

    named as (
        select
            movements.sequence,
            coins_named.pick_no,
            movements.book
            || ':'
            || coins_named.source
            || ':'
            || regexp_replace(coins_named.pick, ':[^:]*$', '')
            || ':in' as lot_id,
            {{ to_units("regexp_extract(coins_named.pick, '[^:]*$')::decimal(38, 18)", 'assets.decimals') }} as units
        from coins_named
        inner join
            {{ ref('int_movements') }} as movements
            on coins_named.event_id = movements.event_id
            and movements.leg = 'out'
        inner join {{ ref('assets') }} as assets on movements.asset_id = assets.asset_id
        where movements.book <> 'money'
        union all
        select
            movements.sequence,
            row_number() over (partition by movements.sequence order by allocations.lot_event_id),
            allocations.book || ':' || allocations.lot_event_id || ':in',
            {{ to_units('allocations.quantity', 'assets.decimals') }}
        from {{ ref('basis_allocations') }} as allocations
        inner join
            {{ ref('int_movements') }} as movements
            on allocations.book = movements.book
            and {{ allocation_id('allocations', 'true') }} = movements.event_id
        inner join {{ ref('assets') }} as assets on movements.asset_id = assets.asset_id
        union all
        select
            movements.sequence,
            row_number() over (partition by movements.sequence order by money_named.rank, money_named.inflow_event_id),
            'money:' || money_named.inflow_event_id || ':in:' || money_named.part_no,
            null
        from money_named
        inner join {{ ref('int_movements') }} as movements on money_named.event_id = movements.event_id
        where movements.book = 'money' and movements.leg = 'out'
    )

select named.sequence, named.pick_no, lots.sequence as lot_sequence, named.units::{{ units_type() }} as quantity
from named
inner join {{ ref('int_movements') }} as lots on named.lot_id = lots.movement_id
