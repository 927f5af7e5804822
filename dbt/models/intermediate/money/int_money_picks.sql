-- One row per payment and part of an inflow that the company named for it.
with
    named as (
        select use_event_id as event_id, inflow_event_id, part_no, 1 as rank
        from {{ ref('int_money_named') }}
        where use_event_id is not null
        union all
        -- Two joins: one over "this event, or this account" would compare every use with every payment.
        select events.event_id, uses.inflow_event_id, uses.part_no, 2
        from {{ ref('int_money_named') }} as uses
        inner join {{ ref('int_events') }} as events on uses.use_account_id = events.to_account
    ),

    picks as (
        select
            movements.sequence,
            row_number() over (partition by movements.sequence order by named.rank, named.inflow_event_id) as pick_no,
            {{ lot_id("'money'", 'named.inflow_event_id', "'in:' || named.part_no") }} as lot_id
        from named
        inner join
            {{ ref('int_money_movements') }} as movements
            on named.event_id = movements.event_id
            and movements.leg = 'out'
    )

select picks.sequence, picks.pick_no, lots.sequence as lot_sequence, null::{{ units_type() }} as quantity
from picks
inner join {{ ref('int_money_movements') }} as lots on picks.lot_id = lots.movement_id
