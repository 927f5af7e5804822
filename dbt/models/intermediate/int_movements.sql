-- One row per book and leg of an event that changes what a pool holds: units that arrive, leave, or move on to another pool.
-- Coins have pools per book by policy; dollars and stablecoins have one pool per company, the book `money`, counted in cents.
with routed as (
    select
        *,
        {{ is_holding('from_kind') }} and not {{ is_money('from_class') }} as is_coin_out,
        {{ is_holding('to_kind') }} and not {{ is_money('to_class') }} as is_coin_in,
        {{ is_holding('fee_kind') }} and not {{ is_money('fee_class') }} as is_coin_fee,
        {{ is_holding('from_kind') }} and {{ is_money('from_class') }} as is_money_out,
        {{ is_holding('to_kind') }} and {{ is_money('to_class') }} as is_money_in,
        coalesce({{ is_holding('fee_kind') }} and {{ is_money('fee_class') }}, false) as is_money_fee,
        is_coin_out and is_coin_in and from_asset = to_asset as is_move
    from {{ ref('int_events') }}
),

picked as (
    select
        event_id,
        source,
        unnest(string_split(lot_picks, ';')) as pick,
        generate_subscripts(string_split(lot_picks, ';'), 1) as pick_no
    from routed
    -- An identification made after the disposal is none: Reg. 1.1012-1(j)(3), "no later than the date and time of the sale".
    where lot_picks is not null and identified_at <= occurred_at
),

coins_out as (
    select
        policies.book,
        policies.asset_id,
        routed.event_id,
        routed.company_id,
        routed.occurred_at,
        'out' as leg,
        {{ pool_id('policies', 'routed.from_account') }} as pool_id,
        case when routed.is_move then {{ pool_id('policies', 'routed.to_account') }} end as to_pool_id,
        case when routed.is_move then 'transfer' else 'dispose' end as kind,
        {{ to_units('routed.from_quantity', 'policies.decimals') }} as quantity,
        null as cost,
        policies.method,
        null as reserved,
        (
            select
                list(
                    struct_pack(
                        lot_id := policies.book || ':' || picked.source || ':' || regexp_replace(picked.pick, ':[^:]*$', '') || ':in',
                        quantity := {{ to_units("regexp_extract(picked.pick, '[^:]*$')::decimal(38, 18)", 'policies.decimals') }}
                    )
                    order by picked.pick_no
                )
            from picked
            where picked.event_id = routed.event_id
        ) as lot_picks
    from routed
    inner join {{ ref('int_lot_policies') }} as policies on {{ policy_in_force('policies', 'routed', 'from_asset') }}
    where routed.is_coin_out
),

coins_in as (
    select
        policies.book,
        policies.asset_id,
        routed.event_id,
        routed.company_id,
        routed.occurred_at,
        'in' as leg,
        {{ pool_id('policies', 'routed.to_account') }} as pool_id,
        null as to_pool_id,
        'acquire' as kind,
        {{ to_units('routed.to_quantity', 'policies.decimals') }} as quantity,
        -- A fee belongs to the cost of what was bought, unless coins were given for it: then it lessens their proceeds.
        case
            when routed.from_kind <> 'suspense' or routed.is_value_stated
                then {{ cents('routed.value_usd + case when routed.is_coin_out then 0 else coalesce(routed.fee_usd, 0) end') }}
        end as cost,
        policies.method,
        null as reserved,
        null as lot_picks
    from routed
    inner join {{ ref('int_lot_policies') }} as policies on {{ policy_in_force('policies', 'routed', 'to_asset') }}
    where routed.is_coin_in and not routed.is_move
),

coin_fees as (
    select
        policies.book,
        policies.asset_id,
        routed.event_id,
        routed.company_id,
        routed.occurred_at,
        'fee' as leg,
        {{ pool_id('policies', 'routed.fee_account') }} as pool_id,
        null as to_pool_id,
        'dispose' as kind,
        {{ to_units('routed.fee_quantity', 'policies.decimals') }} as quantity,
        null as cost,
        policies.method,
        null as reserved,
        null as lot_picks
    from routed
    inner join {{ ref('int_lot_policies') }} as policies on {{ policy_in_force('policies', 'routed', 'fee_asset') }}
    where routed.is_coin_fee
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
        value_usd - case when is_money_fee then paid_fee_usd else 0 end as amount_usd,
        null as to_account
    from money
    where is_inflow
    union all
    select
        event_id,
        company_id,
        occurred_at,
        'out',
        'dispose',
        value_usd,
        to_account
    from money
    where is_use
    union all
    select
        event_id,
        company_id,
        occurred_at,
        'fee',
        'dispose',
        case when is_inflow then paid_fee_usd - value_usd else paid_fee_usd end,
        null
    from money
    where is_money_fee
),

designated_inflows as (
    select
        inflow_event_id,
        case when count(*) = count(amount_usd) then sum(amount_usd) end as reserved_usd
    from {{ ref('designated_uses') }}
    group by inflow_event_id
),

-- Two joins: one over "this event, or this account" would compare every use with every payment.
named_uses as (
    select
        use_event_id as event_id,
        inflow_event_id,
        {{ cents('amount_usd') }} as cents,
        1 as rank
    from {{ ref('designated_uses') }}
    where use_event_id is not null
    union all
    select
        money_legs.event_id,
        uses.inflow_event_id,
        null,
        2
    from {{ ref('designated_uses') }} as uses
    inner join money_legs on uses.use_account_id = money_legs.to_account
    where uses.use_event_id is null
),

named_inflows as (
    select
        event_id,
        list(struct_pack(lot_id := 'money:' || inflow_event_id || ':in', quantity := cents) order by rank, inflow_event_id) as lot_picks
    from named_uses
    group by event_id
),

money_movements as (
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
        end as reserved,
        named_inflows.lot_picks
    from money_legs
    left join designated_inflows on money_legs.event_id = designated_inflows.inflow_event_id
    left join named_inflows on money_legs.event_id = named_inflows.event_id and money_legs.leg = 'out'
    where money_legs.amount_usd > 0
),

movements as (
    select * from coins_out
    where to_pool_id is null or to_pool_id <> pool_id  -- a move inside a pool touches no lot
    union all by name
    select * from coins_in
    union all by name
    select * from coin_fees
    union all by name
    select * from money_movements
)

select
    book || ':' || event_id || ':' || leg as movement_id,
    -- The declared order: time; at one instant what arrives, then what moves, then what leaves; then the event's id, which no
    -- re-sorted export can change (the row of a file could).
    row_number() over (
        order by
            occurred_at,
            case kind when 'acquire' then 0 when 'transfer' then 1 else 2 end,
            event_id,
            leg,
            book
    ) as sequence,
    book,
    asset_id,
    event_id,
    leg,
    company_id,
    occurred_at,
    pool_id,
    to_pool_id,
    kind,
    quantity::{{ units_type() }} as quantity,
    cost::{{ units_type() }} as cost,
    method,
    reserved::{{ units_type() }} as reserved,
    lot_picks
from movements
