-- At the end of a day on which it was drawn, a loan stands above its initial loan-to-value: by its terms it should
-- not have been drawn so far.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select daily.loan_id, daily.date, daily.ltv_ratio, loans.initial_ltv_ratio
from {{ ref('loans_daily') }} as daily
inner join {{ ref('loans') }} as loans on daily.loan_id = loans.loan_id
where
    daily.principal_usd > loans.initial_ltv_ratio * daily.collateral_lendable_usd
    and (daily.loan_id, daily.date) in (
        select (draws.loan_id, draws.occurred_at::date)
        from {{ ref('int_loan_balances') }} as draws
        where draws.drawn_usd > 0
    )
