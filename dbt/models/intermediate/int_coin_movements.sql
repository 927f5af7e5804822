-- One row per book and leg of an event that changes what a pool of coins holds: units that arrive, leave, or move on to another pool.
with routed as (
    select
        *,
        {{ is_holding('from_kind') }} and not {{ is_money('from_class') }} as is_coin_out,
        {{ is_holding('to_kind') }} and not {{ is_money('to_class') }} as is_coin_in,
        {{ is_holding('fee_kind') }} and not {{ is_money('fee_class') }} as is_coin_fee,
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
)

select * from coins_out
where to_pool_id is null or to_pool_id <> pool_id  -- a move inside a pool touches no lot
union all by name
select * from coins_in
union all by name
select * from coin_fees
