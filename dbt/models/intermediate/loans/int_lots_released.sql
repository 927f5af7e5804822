-- One row per loan, transaction, book and lot that came back with released collateral.
-- A book that had derecognised the collateral gets a new lot; one whose pools are accounts gets the lots back that
-- lay there. In a pool of the company a pledged coin had no lot of its own.
with
    releases as (
        select loan_id, group_id, event_id
        from {{ ref('int_loan_balances') }}
        where collateral_change_quantity < 0 and paid_usd = 0
    ),

    returned as (
        select
            releases.loan_id,
            releases.group_id,
            movements.book,
            movements.kind = 'acquire' as is_new,
            case movements.kind when 'acquire' then movements.sequence else matches.lot_sequence end as lot_sequence,
            case movements.kind when 'acquire' then movements.cost else matches.cost end as cost
        from releases
        inner join
            {{ ref('int_coin_movements') }} as movements
            on releases.event_id = movements.event_id
            and movements.kind in ('acquire', 'transfer')
        left join {{ ref('int_lot_matches') }} as matches on movements.sequence = matches.sequence
    )

select
    returned.loan_id,
    returned.group_id,
    returned.book,
    lots.movement_id as lot_id,
    returned.is_new,
    {{ usd_from_cents('sum(returned.cost)') }} as cost_usd
from returned
inner join {{ ref('int_coin_movements') }} as lots on returned.lot_sequence = lots.sequence
group by all
