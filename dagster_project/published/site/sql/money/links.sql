-- One row per selection, inflow, use and basis: the links of the diagram. Money without a source counts when it was used.
select
    _company, _period,
    inflow_kind, use_kind, basis,
    sum(amount_usd) as amount_usd,
    count(*) as rows_behind,
    bool_or(is_illustrative) as is_illustrative
from proceeds_uses,
    unnest(any_of(company_id)) as c (_company),
    unnest(periods(coalesce(inflow_at, used_at))) as p (_period)
group by all
order by amount_usd desc, inflow_kind, use_kind, basis, _company, _period
