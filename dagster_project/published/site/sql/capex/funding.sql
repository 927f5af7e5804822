-- One row per project and source of its money, AI first.
select
    company_id, project_id, project_name, project_kind, sources.source, sources.amount_usd, is_illustrative
from capex_projects,
    unnest([
        {source: 'disposals', place: 1, amount_usd: paid_from_disposals_usd},
        {source: 'loans', place: 2, amount_usd: paid_from_loans_usd},
        {source: 'equity', place: 3, amount_usd: paid_from_equity_usd},
        {source: 'other', place: 4, amount_usd: paid_from_other_usd},
        {source: 'unattributed', place: 5, amount_usd: unattributed_usd}
    ]) as s (sources)
where sources.amount_usd <> 0 or sources.source = 'unattributed'
order by project_kind <> 'ai', paid_usd desc, project_id, sources.place
