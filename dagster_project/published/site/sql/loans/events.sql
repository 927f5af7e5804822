-- One row per thing that happened to a loan.
select
    loan_event_id, occurred_at, company_id, loan_id, loan_event_kind, amount_usd, quantity, principal_usd, ltv_ratio,
    loan_state, detail, annual_rate, event_id, is_illustrative, quarter_of(occurred_at) as _quarter
from loan_events
order by occurred_at desc, loan_event_id
