-- One row per selection of company, book, asset and period: the finding.
with selected as (
    select
        _company, book as _book, _asset, _period,
        count(*) as disposals,
        count(*) filter (realized_gain_usd is null) as gains_unknown,
        sum(net_proceeds_usd) filter (realized_gain_usd is not null) as net_proceeds_usd,
        sum(realized_gain_usd) as realized_gain_usd,
        sum(quantity) as quantity,
        any_value(asset_id) as asset_id,
        count(distinct asset_id) as assets,
        bool_or(is_illustrative) as has_illustrative
    from disposals,
        unnest(any_of(company_id)) as c (_company),
        unnest(any_of(asset_id)) as a (_asset),
        unnest(periods(disposed_on)) as p (_period)
    group by all
)

select
    _company, _book, _asset, _period,
    if(_company = '*', plural(disposals, 'disposal'), company(_company) || ' disposed of '
        || if(assets > 1, 'coins', units(quantity) || ' ' || asset_id))
    || if(_company = '*', ' brought ', ' for ') || coalesce(usd(net_proceeds_usd), 'proceeds nobody knows')
    || ' at ' || gain_or_loss(realized_gain_usd) as title,
    plural(disposals, 'disposal') || ' in the book ' || _book
    || if(gains_unknown > 0, '; the gain of ' || gains_unknown || ' of them is not known and in no sum', '')
    || if(has_illustrative, '; some rest on illustrative rows.', '.') as lead
from selected
order by _company, _book, _asset, _period
