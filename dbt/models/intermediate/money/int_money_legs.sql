-- One row per leg of an event that changes a company's money, and part of an inflow that is set aside for a use.
-- Dollars and stablecoins are one pool, counted in cents at transaction value. Its balance is dollars plus
-- stablecoins at the value they are carried at: what an event changes beyond its value is a leg of its own (`peg`).
with
    routed as (
        select
            *,
            {{ is_holding('from_kind') }} and {{ is_money('from_class') }} as is_money_out,
            {{ is_holding('to_kind') }} and {{ is_money('to_class') }} as is_money_in,
            coalesce({{ is_holding('fee_kind') }} and {{ is_money('fee_class') }}, false) as is_money_fee
        from {{ ref('int_events') }}
    ),

    -- A receipt enters the money pool net of the fee it paid; beside a payment, a fee is a use of its own.
    money as (
        select
            *,
            coalesce(fee_usd, 0) as paid_fee_usd,
            is_money_in and not is_money_out as is_inflow,
            is_money_out and not is_money_in as is_use
        from routed
        where is_money_in or is_money_out or is_money_fee
    ),

    money_legs as (
        select
            event_id,
            company_id,
            occurred_at,
            'in' as leg,
            'acquire' as kind,
            value_usd - case when is_money_fee then paid_fee_usd else 0 end as amount_usd
        from money
        where is_inflow
        union all
        select event_id, company_id, occurred_at, 'out', 'dispose', value_usd
        from money
        where is_use
        union all
        select
            event_id,
            company_id,
            occurred_at,
            'fee',
            'dispose',
            case when is_inflow then paid_fee_usd - value_usd else paid_fee_usd end
        from money
        where is_money_fee
    ),

    -- What the company's dollars and stablecoins grew by, less what the legs above say: stablecoins that were worth
    -- more, or less, than they were carried at when they left, and dollars that differ from the value that was stated
    -- beside them.
    carried as (
        select
            money.event_id,
            money.company_id,
            money.occurred_at,
            coalesce(
                case
                    when not money.is_money_in
                    then 0
                    when money.to_asset = 'USD'
                    then {{ cents('money.to_quantity::' ~ usd_type()) }}
                    else {{ cents('money.value_usd') }}
                end,
                0
            ) - coalesce(
                case
                    when not money.is_money_out
                    then 0
                    when money.from_asset = 'USD'
                    then {{ cents('money.from_quantity::' ~ usd_type()) }}
                    when money.is_money_in and money.from_asset = money.to_asset
                    then {{ cents('money.value_usd') }}
                    else carried_out.carried
                end,
                0
            )
            - case
                when not money.is_money_fee
                then 0
                when money.fee_asset = 'USD'
                then {{ cents('money.fee_quantity::' ~ usd_type()) }}
                else coalesce(carried_fee.carried, 0)
            end as change,
            coalesce(
                case
                    when money.is_inflow
                    then {{ cents('money.value_usd') }}
                    when money.is_use
                    then -{{ cents('money.value_usd') }}
                end,
                0
            )
            - case when money.is_money_fee then {{ cents('money.paid_fee_usd') }} else 0 end as traced
        from money
        left join
            {{ ref('int_stablecoins_carried') }} as carried_out
            on money.event_id = carried_out.event_id
            and carried_out.leg = 'out'
        left join
            {{ ref('int_stablecoins_carried') }} as carried_fee
            on money.event_id = carried_fee.event_id
            and carried_fee.leg = 'fee'
    ),

    legs as (
        select event_id, company_id, occurred_at, leg, kind, {{ cents('amount_usd') }} as amount
        from money_legs
        union all
        select
            event_id,
            company_id,
            occurred_at,
            'peg',
            if(change > traced, 'acquire', 'dispose'),
            abs(change - traced)::{{ units_type() }}
        from carried
    ),

    named as (
        select inflow_event_id, max(until) as stated, bool_or(part_no = 0) as is_rest_named
        from {{ ref('int_money_named') }}
        group by inflow_event_id
    ),

    -- What is set aside is a lot of its own, which only the uses that it was named for may take: so they never take
    -- more.
    parts as (
        select
            legs.* replace (
                legs.leg || ':' || parts.part_no as leg,
                least(legs.amount, parts.until) - least(legs.amount, parts.until - parts.cents) as amount
            ),
            true as is_reserved
        from legs
        inner join {{ ref('int_money_named') }} as parts on legs.event_id = parts.inflow_event_id and parts.part_no > 0
        where legs.leg = 'in'
        union all
        select
            legs.* replace (
                if(coalesce(named.is_rest_named, false), legs.leg || ':0', legs.leg) as leg,
                legs.amount - least(legs.amount, coalesce(named.stated, 0)) as amount
            ),
            coalesce(named.is_rest_named, false) as is_reserved
        from legs
        left join named on legs.event_id = named.inflow_event_id and legs.leg = 'in'
    ),

    -- Users write fifo; in the engine, fifo is a lot method that honours no names.
    policies as (
        select
            company_id,
            if(method = 'fifo', 'oldest', method) as method,
            effective_from,
            coalesce(
                lead(effective_from) over (partition by company_id order by effective_from), date '9999-12-31'
            ) as effective_until
        from {{ ref('money_policies') }}
    )

select
    parts.event_id,
    parts.company_id,
    parts.occurred_at,
    parts.leg,
    'money|' || parts.company_id as pool_id,
    parts.kind,
    parts.amount as quantity,
    case when parts.kind = 'acquire' then parts.amount end as cost,
    coalesce(policies.method, 'newest') as method,
    if(parts.is_reserved, parts.amount, null) as reserved
from parts
left join
    policies
    on parts.company_id = policies.company_id
    and parts.occurred_at >= policies.effective_from
    and parts.occurred_at < policies.effective_until
where parts.amount > 0
