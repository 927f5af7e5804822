-- One row per repayment, source of money, and basis: which inflow paid a lender, stated or inferred.
select
    uses.use_id || ':' || loans.loan_id as repayment_id,
    uses.company_id,
    loans.loan_id,
    loans.lender,
    uses.used_at as repaid_at,
    uses.inflow_id,
    uses.inflow_kind,
    uses.inflow_at,
    uses.basis,
    uses.amount_usd,
    uses.is_illustrative,
    events.source_file,
    events.source_row,
    events.source_url
from {{ ref('proceeds_uses') }} as uses
inner join {{ ref('int_events') }} as events on uses.use_id = events.event_id
inner join {{ ref('accounts') }} as accounts on uses.use_account = accounts.account_id
inner join {{ ref('int_loan_terms_checked') }} as loans on accounts.loan_id = loans.loan_id
where uses.use_kind = 'loan_repayment' and loans.reason is null
