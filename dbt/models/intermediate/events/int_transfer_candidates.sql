-- One row per event that sent, event that may have received it, and evidence for that.
-- Evidence is one hash, one group, one amount, or an amount less a fee.
{% set policy = var('transfers') %}

with
    sent as (
        select *, {{ transfer_slot('occurred_at') }} as slot from {{ ref('int_transfer_sides') }} where side = 'sent'
    ),

    received as (
        select *, {{ transfer_slot('occurred_at') }} as slot
        from {{ ref('int_transfer_sides') }}
        where side = 'received'
    ),

    -- Slots are as long as a transfer may take: a join on them stays small where one on the asset alone would compare
    -- all with all.
    alike as (
        {% for basis, condition in [
        ('hash', 'sent.transfer_hash = received.transfer_hash'),
        ('group', 'sent.group_id = received.group_id'),
        ('amount', 'nearby.slot = received.slot'),
    ] %}
            {{ 'union all' if not loop.first }}
            select
                {{ loop.index }} as basis_rank,
                '{{ basis }}' as basis,
                sent.event_id as sent_id,
                received.event_id as received_id,
                sent.transit_account,
                sent.asset_id,
                sent.occurred_at as sent_at,
                received.occurred_at as received_at,
                sent.quantity as sent_quantity,
                received.quantity as received_quantity,
                received.has_fee
            from sent
            {% if basis == 'amount' %}
                cross join lateral unnest([sent.slot - 1, sent.slot, sent.slot + 1]) as nearby(slot)
            {% endif %}
            inner join
                received
                on sent.transit_account = received.transit_account
                and sent.asset_id = received.asset_id
                and {{ condition }}
            where
                coalesce(sent.transfer_hash = received.transfer_hash, true)
                {% if basis == 'amount' %}
                    and received.occurred_at >= sent.occurred_at - interval {{ policy.clock_hours }} hour
                    and received.occurred_at <= sent.occurred_at + interval {{ policy.window_hours }} hour
                {% endif %}
        {% endfor %}
    )

select
    basis,
    sent_id,
    received_id,
    transit_account,
    asset_id,
    sent_at,
    received_at,
    (sent_quantity - received_quantity)::{{ quantity_type() }} as fee_quantity,
    -- Evidence first, then whole amounts before shrunk ones, then the closest in time; ids decide the rest.
    row_number() over (
        order by
            basis_rank,
            sent_quantity <> received_quantity,
            abs({{ time_between('sent_at', 'received_at') }}),
            sent_id,
            received_id
    ) as preference
from alike
where
    sent_quantity = received_quantity
    or (
        -- What is missing was the fee, where it is small and the arrival has no fee of its own. Ten decimals can say
        -- what is small.
        sent_quantity > received_quantity
        and not has_fee
        and sent_quantity - received_quantity
        <= sent_quantity::decimal(38, 10)
        * 0.01::decimal(3, 2)
        * if(basis = 'amount', {{ policy.fee_percent }}, {{ policy.stated_fee_percent }})
    )
