-- Every dollar that came in is spent once or unspent: the uses of an inflow and what is left of it are what the
-- ledger received.
with
    received as (
        select event_id, sum(value_usd) as amount_usd
        from {{ ref('int_legs') }}
        where {{ is_holding('account_kind') }} and {{ is_money('asset_class') }}
        group by event_id
        having sum(value_usd) > 0
    ),

    traced as (
        select inflow_id, sum(amount_usd) as amount_usd
        from {{ ref('proceeds_uses') }}
        where basis not in ('direct', 'shortfall') and inflow_kind <> 'peg_gain'
        group by inflow_id
    )

select
    coalesce(received.event_id, traced.inflow_id) as inflow_id,
    received.amount_usd as received_usd,
    traced.amount_usd as traced_usd
from received
full outer join traced on received.event_id = traced.inflow_id
where received.amount_usd is distinct from traced.amount_usd
