-- One row per leg of an event that changes a company's money: dollars and stablecoins are one pool, counted in cents at transaction value.
with routed as (
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
    select
        event_id,
        company_id,
        occurred_at,
        'out',
        'dispose',
        value_usd
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

designated_inflows as (
    select
        inflow_event_id,
        case when count(*) = count(amount_usd) then sum(amount_usd) end as reserved_usd
    from {{ ref('designated_uses') }}
    group by inflow_event_id
)

select
    'money' as book,
    null as asset_id,
    money_legs.event_id,
    money_legs.company_id,
    money_legs.occurred_at,
    money_legs.leg,
    'money|' || money_legs.company_id as pool_id,
    null as to_pool_id,
    money_legs.kind,
    {{ cents('money_legs.amount_usd') }} as quantity,
    case when money_legs.kind = 'acquire' then {{ cents('money_legs.amount_usd') }} end as cost,
    'newest' as method,
    case
        when money_legs.kind = 'acquire' and designated_inflows.inflow_event_id is not null
            then {{ cents('least(money_legs.amount_usd, coalesce(designated_inflows.reserved_usd, money_legs.amount_usd))') }}
    end as reserved
from money_legs
left join designated_inflows on money_legs.event_id = designated_inflows.inflow_event_id
where money_legs.amount_usd > 0
