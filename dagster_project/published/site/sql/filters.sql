-- One row per choice of a filter.
with companies as (
    select company_id from events union select company_id from disposals union select company_id from loans
    union select company_id from capex_projects union select company_id from reconciliation
),

books as (select book from lots union select book from disposals),

assets as (select asset_id from lots union select asset_id from disposals),

days as (
    select occurred_at::date as day from events union select disposed_on from disposals
    union select month from fair_value_monthly
)

select 'company' as filter, company_id as value, company(company_id) as label from companies where company_id is not null
union all select 'book', book, book from books
union all select 'asset', asset_id, asset_id from assets
union all
select distinct 'period', period, period
from days, unnest(periods(day)) as p (period)
where period <> '*'
order by filter, value
