-- One row per company and book: what it holds, gained, owes and built.
with held as (
    select
        company_id, book,
        if(count(*) = count(fair_value_usd), sum(fair_value_usd), null) as fair_value_usd,
        if(count(*) = count(cost_left_usd), sum(cost_left_usd), null) as cost_usd,
        if(count(*) = count(unrealized_gain_usd), sum(unrealized_gain_usd), null) as unrealized_gain_usd,
        bool_or(is_illustrative) as is_illustrative
    from lots
    where quantity_left > 0
    group by all
),

gained as (
    select
        company_id, book, sum(realized_gain_usd) as realized_gain_usd,
        count(*) filter (realized_gain_usd is null) as gains_unknown,
        bool_or(is_illustrative) as is_illustrative
    from disposals
    group by all
),

owed as (
    select company_id, sum(principal_usd) as loan_principal_usd, bool_or(is_illustrative) as is_illustrative
    from loans group by all
),

built as (
    select company_id, sum(paid_usd) as capex_paid_usd, bool_or(is_illustrative) as is_illustrative
    from capex_projects group by all
),

sources as (
    select company_id, sum(amount_usd) as unattributed_usd from proceeds_uses
    where inflow_kind = 'unattributed' group by all
)

select
    company_id, book, held.fair_value_usd, held.cost_usd, held.unrealized_gain_usd, gained.realized_gain_usd,
    coalesce(gained.gains_unknown, 0) as gains_unknown, owed.loan_principal_usd, built.capex_paid_usd,
    coalesce(sources.unattributed_usd, 0) as unattributed_usd,
    coalesce(held.is_illustrative, false) or coalesce(gained.is_illustrative, false)
    or coalesce(owed.is_illustrative, false) or coalesce(built.is_illustrative, false) as is_illustrative
from held
full join gained using (company_id, book)
left join owed using (company_id)
left join built using (company_id)
left join sources using (company_id)
order by company_id, book
