-- One row per book and leg of an event that changes a pool of coins: units arrive, leave, or move to another pool.
with
    coin_legs as (
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
                {{ side }}_kind = 'transit' as is_in_transit,
                from_account,
                to_account,
                {{ is_holding('from_kind') }} and {{ is_holding('to_kind') }} and from_asset = to_asset as is_own_move,
                fee_asset = from_asset as is_fee_of_same_coin,
                -- A fee belongs to the cost of what was bought, unless coins were given for it: then it lessens their
                -- proceeds.
                case
                    when '{{ leg }}' = 'in' and (from_kind <> 'suspense' or is_value_stated)
                    then
                        value_usd + case
                            when {{ is_holding('from_kind') }} and not {{ is_money('from_class') }}
                            then 0
                            else coalesce(fee_usd, 0)
                        end
                end as cost_usd
            from {{ ref('int_events') }}
            where {{ is_holding(side ~ '_kind') }} and not {{ is_money(side ~ '_class') }}
        {% endfor %}
    ),

    -- The two ends of a transfer. By clocks that disagree something may arrive before it was sent: then it leaves
    -- when it arrives.
    transfer_ends as (
        {% for end, moves_at in [('sent_id', 'least(sent_at, received_at)'), ('received_id', 'received_at')] %}
            {{ 'union all' if not loop.first }}
            select
                {{ end }} as event_id,
                sent_id as transfer_id,
                transit_account,
                {{ moves_at }} as moves_at,
                least(sent_at, received_at) as first_at,
                greatest(sent_at, received_at) as last_at
            from {{ ref('int_transfers_paired') }}
        {% endfor %}
    ),

    timed as (
        select
            coin_legs.* replace (
                if(
                    coin_legs.leg = 'fee',
                    coin_legs.occurred_at,
                    coalesce(transfer_ends.moves_at, coin_legs.occurred_at)
                ) as occurred_at
            ),
            transfer_ends.transfer_id,
            transfer_ends.transit_account,
            transfer_ends.first_at,
            transfer_ends.last_at
        from coin_legs
        left join transfer_ends on coin_legs.event_id = transfer_ends.event_id
    ),

    -- What lies with a lender who may use it is out of a derecognising book: coins that go there leave, coins that
    -- come back arrive.
    booked as (
        select
            timed.*,
            policies.book,
            policies.decimals,
            policies.method,
            policies.fee_policy,
            {{ pool_id('policies', place_of('timed.account_id', 'timed', 'policies')) }} as pool_id,
            {{ pool_id('policies', place_of('timed.to_account', 'timed', 'policies')) }} as to_pool_id,
            timed.is_own_move and senders.account_id is null and receivers.account_id is null as is_move,
            holders.account_id is not null as is_elsewhere
        from timed
        inner join {{ ref('int_lot_policies') }} as policies on {{ policy_in_force('policies', 'timed', 'asset_id') }}
        {% for role, account in [('holders', 'account_id'), ('senders', 'from_account'), ('receivers', 'to_account')] %}
            left join
                {{ ref('int_derecognised_accounts') }} as {{ role }}
                on policies.book = {{ role }}.book
                and policies.asset_id = {{ role }}.asset_id
                and timed.{{ account }} = {{ role }}.account_id
        {% endfor %}
    )

select
    book,
    asset_id,
    event_id,
    company_id,
    occurred_at,
    leg,
    is_in_transit,
    pool_id,
    case when leg = 'out' and is_move then to_pool_id end as to_pool_id,
    case
        when leg = 'in'
        then 'acquire'
        when leg = 'out' and is_move
        then 'transfer'
        -- By policy a fee on a move between own accounts is part of what the units cost that remain.
        when leg = 'fee' and is_move and is_fee_of_same_coin and fee_policy = 'cost'
        then 'absorb'
        else 'dispose'
    end as kind,
    {{ to_units('quantity', 'decimals') }} as quantity,
    {{ cents('cost_usd') }} as cost,
    method
from booked
where not is_elsewhere and not (is_move and (leg = 'in' or leg = 'out' and pool_id = to_pool_id))  -- a move inside a pool touches no lot
