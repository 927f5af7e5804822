-- One row per company and thing that nobody knows: how often, and how much is at stake where that can be said.
with unknowns as (
    select company_id, 'money_without_source' as unknown, count(*) as cases, sum(amount_usd) as amount_usd
    from proceeds_uses where inflow_kind = 'unattributed' group by all
    union all
    select company_id, 'gain_not_known', count(*), if(count(*) = count(net_proceeds_usd), sum(net_proceeds_usd), null)
    from disposals where realized_gain_usd is null group by all
    union all
    select company_id, 'coins_without_a_lot', count(*), if(count(*) = count(proceeds_usd), sum(proceeds_usd), null)
    from disposal_lots where lot_id is null group by all
    union all
    select company_id, 'loan_without_published_thresholds', count(*), if(count(*) = count(principal_usd), sum(principal_usd), null)
    from loans where loan_state = 'terms_unknown' group by all
    union all
    select company_id, 'transfer_without_its_other_end', count(*), null
    from transfers where status = 'unpaired' group by all
    union all
    select company_id, 'statement_that_disagrees', count(*), if(count(*) = count(difference_usd), sum(abs(difference_usd)), null)
    from reconciliation where status = 'break' and agreed_again_at is null group by all
)

select company_id, unknown, cases, amount_usd as at_stake_usd
from unknowns
order by at_stake_usd desc nulls last, company_id, unknown
