-- One row per selection of company and period in which money came in: how much of its use is stated.
with selected as (
    select
        _company, _period,
        coalesce(sum(amount_usd) filter (basis <> 'unspent'), 0) as used_usd,
        coalesce(sum(amount_usd) filter (basis in ('named', 'specific', 'direct')), 0) as stated_usd,
        coalesce(sum(amount_usd) filter (basis = 'shortfall'), 0) as unattributed_usd,
        coalesce(sum(amount_usd) filter (basis = 'unspent'), 0) as unspent_usd
    from proceeds_uses,
        unnest(any_of(company_id)) as c (_company),
        unnest(periods(coalesce(inflow_at, used_at))) as p (_period)
    group by all
)

select
    _company, _period,
    if(_company = '*', 'All companies used ', company(_company) || ' used ') || usd(used_usd)
    || if(
        unattributed_usd > 0, ', and of ' || usd(unattributed_usd) || ' nobody knows the source',
        ', all of it from known sources'
    ) as title,
    'Of the rest the company itself stated the use of ' || usd(stated_usd) || '; its money policy infers that of '
    || usd(used_usd - stated_usd - unattributed_usd) || '. ' || usd(unspent_usd) || ' is not spent.' as lead
from selected
order by _company, _period
