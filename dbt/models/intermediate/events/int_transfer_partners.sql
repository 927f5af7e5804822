-- One row per event that is one end of an unpaired transfer, and the event that is most likely its other end.
with
    waiting as (
        select sides.*
        from {{ ref('int_transfer_sides') }} as sides
        where
            sides.event_id not in (select pairs.sent_id from {{ ref('int_transfers_paired') }} as pairs)
            and sides.event_id not in (select pairs.received_id from {{ ref('int_transfers_paired') }} as pairs)
    ),

    -- Of those that wait at the other end, the last before and the first after.
    neighbours as (
        {% for basis, likeness in [
        ('hash', 'and waiting.transfer_hash = others.transfer_hash'),
        ('group', 'and waiting.group_id = others.group_id'),
        ('amount', 'and waiting.quantity = others.quantity'),
        ('time', ''),
    ] %}
            {% set outer_loop = loop %}
            {% for comparison in ['>=', '<='] %}
                {{ 'union all' if not (outer_loop.first and loop.first) }}
                select
                    waiting.event_id,
                    {{ outer_loop.index }} as basis_rank,
                    '{{ basis }}' as basis,
                    others.event_id as partner_id,
                    abs({{ time_between('waiting.occurred_at', 'others.occurred_at') }}) as time_apart
                from
                    waiting
                    {{ asof_left_join() }} waiting as others
                    on waiting.transit_account = others.transit_account
                    and waiting.asset_id = others.asset_id
                    and if(waiting.side = 'sent', 'received', 'sent') = others.side
                    {{ likeness }} and waiting.occurred_at {{ comparison }} others.occurred_at
                where others.event_id is not null and coalesce(waiting.transfer_hash = others.transfer_hash, true)
            {% endfor %}
        {% endfor %}
    )

select
    event_id,
    arg_min(partner_id, row(basis_rank, time_apart, partner_id)) as partner_id,
    arg_min(basis, row(basis_rank, time_apart, partner_id)) as basis
from neighbours
where basis <> 'time' or time_apart <= 3600000000 * {{ var('transfers').window_hours }}
group by event_id
