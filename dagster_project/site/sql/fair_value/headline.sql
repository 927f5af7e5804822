-- One row per selection: fair value at the end of the period beside cost.
with ends as (
    select
        company_id, book, asset_id, _period,
        arg_max(closing_usd, month) as closing_usd,
        arg_max(struct_pack(cost := cost_usd), month).cost as cost_usd,  -- a null of the last month stays one
        max(month) as month,
        sum(gains_usd - losses_usd) as gain_usd,
        max(closing_price_at) as price_at
    from fair_value_monthly, unnest(periods(month)) as p (_period)
    group by all
),

selected as (
    select
        _company, book as _book, _asset, _period,
        sum(closing_usd) as closing_usd,
        if(count(*) = count(cost_usd), sum(cost_usd), null) as cost_usd,
        sum(gain_usd) as gain_usd,
        max(month) as month,
        max(price_at) as price_at
    from ends, unnest(any_of(company_id)) as c (_company), unnest(any_of(asset_id)) as a (_asset)
    group by all
)

select
    _company, _book, _asset, _period,
    if(_company = '*', 'All companies hold ', label(_company) || ' holds ')
    || if(_asset = '*', 'coins', _asset) || ' worth ' || usd(closing_usd)
    || coalesce(
        ', ' || case
            when closing_usd < cost_usd then usd(cost_usd - closing_usd) || ' below cost'
            when closing_usd > cost_usd then usd(closing_usd - cost_usd) || ' above cost'
            else 'as much as they cost'
        end,
        ', at a cost nobody knows'
    ) as title,
    'At the end of ' || strftime(month, '%B %Y') || ' in the book ' || _book || '. Over the period fair value brought '
    || gain_or_loss(gain_usd) || ', realized and unrealized. The latest price is of '
    || price_at::date || '.' as lead
from selected
order by _company, _book, _asset, _period
