-- One row per company, asset, month, and what binds it: free, pledged, loaned or managed by somebody else.
-- At the end of the month.
with
    ends as (
        select company_id, date_trunc('month', date)::date as month, max(date) as as_of
        from {{ ref('positions_daily') }}
        group by all
    ),

    bound as (
        select
            positions.company_id,
            positions.asset_id,
            ends.month,
            ends.as_of,
            named.is_receivable as named_receivable,
            coalesce(
                named.status, case when accounts.kind = 'collateral' then 'pledged' else 'free' end
            ) as bound_status,
            case
                bound_status
                when 'pledged'
                then coalesce(loans.lender_may_rehypothecate, false)
                else bound_status in ('loaned', 'managed')
            end as usual_receivable,
            positions.quantity,
            positions.fair_value_usd,
            positions.is_illustrative
        from {{ ref('positions_daily') }} as positions
        inner join ends on positions.company_id = ends.company_id and positions.date = ends.as_of
        inner join {{ ref('accounts') }} as accounts on positions.account_id = accounts.account_id
        left join {{ ref('loan_terms') }} as loans on accounts.loan_id = loans.loan_id
        left join {{ ref('encumbered_accounts') }} as named on positions.account_id = named.account_id
    )

select
    company_id,
    asset_id,
    month,
    as_of,
    bound_status as status,
    coalesce(named_receivable, usual_receivable) as is_receivable,
    sum(quantity)::{{ quantity_type() }} as quantity,
    case when count(*) = count(fair_value_usd) then sum(fair_value_usd) end::{{ usd_type() }} as fair_value_usd,
    bool_or(is_illustrative) as is_illustrative
from bound
group by all
