-- One row per selection, side and kind: the nodes of the diagram.
with flows as (
    select
        _company, _period, ends.side, ends.kind, amount_usd
    from proceeds_uses,
        unnest([{side: 'in', kind: inflow_kind}, {side: 'out', kind: use_kind}]) as e (ends),
        unnest(any_of(company_id)) as c (_company),
        unnest(periods(coalesce(inflow_at, used_at))) as p (_period)
),

nodes as (
    select _company, _period, side, kind, sum(amount_usd) as amount_usd from flows group by all
)

select _company, _period, side, kind, amount_usd, label(kind) || ' ' || usd(amount_usd) as label
from nodes
order by side, amount_usd desc, kind, _company, _period
