-- One row per payment that ended a loan: what the loan's fees lost by that.
-- Upfront fees count as far as they are not yet spread over the term (straight line), the early-termination fee as a
-- whole (ASC 470-50-40-2).
with
    endings as (
        select
            loan_id,
            event_no,
            occurred_at::date as date,
            fee_charged_usd,
            lag(event_no, 1, 0) over (partition by loan_id order by event_no) as previous_no
        from {{ ref('int_loan_balances') }}
        where paid_usd > 0 and principal_after_usd <= 0 and principal_before_usd > 0
    )

select
    endings.loan_id,
    endings.event_no,
    any_value(endings.fee_charged_usd) + coalesce(
        sum(
            {{ usd_from_cents(whole_quotient(
        cents('draws.fee_charged_usd') ~ '::hugeint * (terms.due_on - endings.date)', '(terms.due_on - draws.occurred_at::date)'
    )) }}
        ),
        0
    ) as loss_usd
from endings
inner join {{ ref('int_loan_terms') }} as terms on endings.loan_id = terms.loan_id
left join
    {{ ref('int_loan_balances') }} as draws
    on endings.loan_id = draws.loan_id
    and endings.previous_no < draws.event_no
    and endings.event_no > draws.event_no
    and draws.drawn_usd > 0
    and endings.date < terms.due_on
group by endings.loan_id, endings.event_no
