-- One row per selection, asset and whether the gain is known: what was disposed of, and what it brought.
select
    _company, book as _book, _asset, _period,
    asset_id,
    if(realized_gain_usd is null, 'not known', 'known') as gain,
    count(*) as disposals,
    sum(quantity) as quantity,
    if(count(*) = count(net_proceeds_usd), sum(net_proceeds_usd), null) as net_proceeds_usd,
    if(count(*) = count(cost_usd), sum(cost_usd), null) as cost_usd,
    sum(realized_gain_usd) as realized_gain_usd,
    bool_or(is_illustrative) as is_illustrative
from disposals,
    unnest(any_of(company_id)) as c (_company),
    unnest(any_of(asset_id)) as a (_asset),
    unnest(periods(disposed_on)) as p (_period)
group by all
order by asset_id, gain, _company, _book, _asset, _period
