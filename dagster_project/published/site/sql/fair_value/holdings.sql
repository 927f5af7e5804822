-- One row per selection and month: fair value and cost of what is held at its end.
select
    _company, book as _book, _asset,
    month,
    if(count(*) = count(closing_usd), sum(closing_usd), null) as fair_value_usd,
    if(count(*) = count(cost_usd), sum(cost_usd), null) as cost_usd,
    bool_or(is_illustrative) as is_illustrative,
    quarter_of(month) as _quarter
from fair_value_monthly, unnest(any_of(company_id)) as c (_company), unnest(any_of(asset_id)) as a (_asset)
group by all
order by month, _company, _book, _asset
