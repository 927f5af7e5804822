-- One row per selection of company: what AI projects have cost, and whose money it was.
with selected as (
    select
        _company,
        count(*) filter (project_kind = 'ai') as projects,
        coalesce(sum(paid_usd) filter (project_kind = 'ai'), 0) as paid_usd,
        coalesce(sum(paid_from_disposals_usd) filter (project_kind = 'ai'), 0) as from_disposals_usd,
        coalesce(sum(unattributed_usd) filter (project_kind = 'ai'), 0) as unattributed_usd,
        coalesce(sum(paid_usd) filter (project_kind <> 'ai'), 0) as other_usd,
        coalesce(bool_or(is_illustrative) filter (project_kind = 'ai'), false) as is_illustrative
    from capex_projects, unnest(any_of(company_id)) as c (_company)
    group by all
)

select
    _company,
    if(_company = '*', 'All companies have', company(_company) || ' has') || ' paid ' || usd(paid_usd) || ' for AI, '
    || if(from_disposals_usd > 0, usd(from_disposals_usd) || ' of it', 'none of it') || ' with coins or their proceeds' as title,
    plural(projects, 'project') || ' for AI'
    || if(unattributed_usd > 0, '; of ' || usd(unattributed_usd) || ' nobody knows the source', '')
    || '. Other projects cost ' || usd(other_usd) || '.'
    || if(is_illustrative, ' Amounts rest on illustrative rows.', '') as lead
from selected
order by _company
