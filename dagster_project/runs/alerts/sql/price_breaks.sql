-- One row per asset, kind of break and pair of series of prices.
select
    concat_ws(':', 'prices', asset_id, break_kind, price_source, other_source) as finding_id,
    min(date) as since,
    count(*) as size,
    'quality.html' as page,
    concat_ws(
        ' ',
        'prices of', asset_id || ':', replace(break_kind, '_', ' '), 'on', count(*), if(count(*) = 1, 'day', 'days') || ', the last',
        max(date) || ':', usd(arg_max(price_usd, date)), 'by', price_source || ',',
        usd(arg_max(other_price_usd, date)), 'by', other_source
    ) as sentence
from marts.price_breaks
group by asset_id, break_kind, price_source, other_source
