-- One row per thing that happened to a loan: drawn, paid, pledged, accrued, or brought about by terms and prices.
select
    happened.loan_id
    || ':'
    || happened.kind
    || ':'
    || coalesce(happened.event_id, strftime(happened.occurred_at, '%Y-%m-%d')) as loan_event_id,
    loans.company_id,
    happened.loan_id,
    happened.occurred_at,
    happened.kind as loan_event_kind,
    happened.event_id,
    happened.amount_usd::{{ usd_type() }} as amount_usd,
    happened.quantity::{{ quantity_type() }} as quantity,
    happened.annual_rate::decimal(12, 8) as annual_rate,
    daily.principal_usd,
    daily.ltv_ratio,
    daily.loan_state,
    happened.detail,
    happened.is_illustrative
from {{ ref('int_loan_timeline') }} as happened
inner join {{ ref('int_loan_terms_checked') }} as loans on happened.loan_id = loans.loan_id and loans.reason is null
left join
    {{ ref('loans_daily') }} as daily on happened.loan_id = daily.loan_id and happened.occurred_at::date = daily.date
