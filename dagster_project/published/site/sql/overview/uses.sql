-- One row per selection, use and basis: what the money of disposals paid for.
select
    _company, _period,
    use_kind, basis,
    sum(amount_usd) as amount_usd,
    bool_or(is_illustrative) as is_illustrative
from proceeds_uses, unnest(any_of(company_id)) as c (_company), unnest(periods(inflow_at)) as p (_period)
where inflow_kind = 'disposal'
group by all
order by amount_usd desc, use_kind, basis, _company, _period
