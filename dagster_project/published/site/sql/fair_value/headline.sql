-- One row per selection: fair value at the end of the period beside cost, of what is known.
with ends as (
    select
        company_id, book, asset_id, _period,
        arg_max({fair_value: closing_usd, cost: cost_usd, price_at: closing_price_at}, month) as last_month,
        if(count(*) = count(gains_usd - losses_usd), sum(gains_usd - losses_usd), null) as gain_usd,
        max(month) as month
    from fair_value_monthly, unnest(periods(month)) as p (_period)
    group by all
),

measured as (
    select *, last_month.fair_value + last_month.cost + gain_usd is not null as is_known from ends
),

selected as (
    select
        _company, book as _book, _asset, _period,
        sum(last_month.fair_value) filter (is_known) as fair_value_usd,
        sum(last_month.cost) filter (is_known) as cost_usd,
        sum(gain_usd) filter (is_known) as gain_usd,
        max(month) as month,
        max(last_month.price_at) as price_at,
        string_agg(asset_id || ' of ' || company(company_id), ', ' order by company_id, asset_id)
            filter (not is_known) as unknown
    from measured, unnest(any_of(company_id)) as c (_company), unnest(any_of(asset_id)) as a (_asset)
    group by all
)

select
    _company, _book, _asset, _period,
    if(_company = '*', 'All companies hold ', company(_company) || ' holds ')
    || if(_asset = '*', 'coins', _asset) || ' worth '
    || case
        when fair_value_usd is null then 'what nobody knows'
        when fair_value_usd < cost_usd then usd(fair_value_usd) || ', ' || usd(cost_usd - fair_value_usd) || ' below cost'
        when fair_value_usd > cost_usd then usd(fair_value_usd) || ', ' || usd(fair_value_usd - cost_usd) || ' above cost'
        else usd(fair_value_usd) || ', as much as they cost'
    end as title,
    'At the end of ' || strftime(month, '%B %Y') || ' in the book ' || _book || '. Over the period fair value brought '
    || gain_or_loss(gain_usd) || ', realized and unrealized.'
    || coalesce(' The latest price is of ' || price_at::date || '.', '')
    || coalesce(' Not known, and in none of these: ' || unknown || '.', '') as lead
from selected
order by _company, _book, _asset, _period
