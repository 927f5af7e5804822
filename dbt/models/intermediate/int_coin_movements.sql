-- One row per book and leg of an event that changes what a pool of coins holds: units that arrive, leave, or move on to another pool.
with coin_legs as (
    {% for leg, side in [('out', 'from'), ('in', 'to'), ('fee', 'fee')] %}
        {{ 'union all' if not loop.first }}
        select
            event_id,
            company_id,
            occurred_at,
            '{{ leg }}' as leg,
            {{ side }}_account as account_id,
            {{ side }}_asset as asset_id,
            {{ side }}_quantity as quantity,
            from_account,
            to_account,
            {{ is_holding('from_kind') }} and {{ is_holding('to_kind') }} and from_asset = to_asset as is_own_move,
            fee_asset = from_asset as is_fee_of_same_coin,
            -- A fee belongs to the cost of what was bought, unless coins were given for it: then it lessens their proceeds.
            case
                when '{{ leg }}' = 'in' and (from_kind <> 'suspense' or is_value_stated)
                    then value_usd + case when {{ is_holding('from_kind') }} and not {{ is_money('from_class') }} then 0 else coalesce(fee_usd, 0) end
            end as cost_usd
        from {{ ref('int_events') }}
        where {{ is_holding(side ~ '_kind') }} and not {{ is_money(side ~ '_class') }}
    {% endfor %}
),

-- What lies with a lender who may use it is out of a derecognising book: coins that go there leave, coins that come back arrive.
booked as (
    select
        coin_legs.*,
        policies.book,
        policies.decimals,
        policies.method,
        policies.fee_policy,
        {{ pool_id('policies', 'coin_legs.account_id') }} as pool_id,
        {{ pool_id('policies', 'coin_legs.to_account') }} as to_pool_id,
        coin_legs.is_own_move and senders.account_id is null and receivers.account_id is null as is_move,
        holders.account_id is not null as is_elsewhere
    from coin_legs
    inner join {{ ref('int_lot_policies') }} as policies on {{ policy_in_force('policies', 'coin_legs', 'asset_id') }}
    {% for role, account in [('holders', 'account_id'), ('senders', 'from_account'), ('receivers', 'to_account')] %}
        left join {{ ref('int_derecognised_accounts') }} as {{ role }}
            on policies.book = {{ role }}.book and policies.asset_id = {{ role }}.asset_id and coin_legs.{{ account }} = {{ role }}.account_id
    {% endfor %}
)

select
    book,
    asset_id,
    event_id,
    company_id,
    occurred_at,
    leg,
    pool_id,
    case when leg = 'out' and is_move then to_pool_id end as to_pool_id,
    case
        when leg = 'in' then 'acquire'
        when leg = 'out' and is_move then 'transfer'
        -- By policy a fee on a move between own accounts is part of what the units cost that remain.
        when leg = 'fee' and is_move and is_fee_of_same_coin and fee_policy = 'cost' then 'absorb'
        else 'dispose'
    end as kind,
    {{ to_units('quantity', 'decimals') }} as quantity,
    {{ cents('cost_usd') }} as cost,
    method,
    null as reserved
from booked
where
    not is_elsewhere
    and not (is_move and (leg = 'in' or leg = 'out' and pool_id = to_pool_id))  -- a move inside a pool touches no lot
