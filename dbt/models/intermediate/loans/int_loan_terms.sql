-- One row per facility: its terms, with what holds where they say nothing.
with
    used as (
        select loan_id, min(date) as first_date, max(date) as last_date
        from {{ ref('int_loan_moves') }}
        group by loan_id
    ),

    terms as (
        select
            loans.*,
            coalesce(lists.price_list, '*') as price_list,
            not {{ is_money('principal.asset_class') }} as is_coin,
            if({{ is_money('principal.asset_class') }}, 2, principal.decimals) as unit_decimals,
            coalesce(loans.payment_order, 'fee,interest,principal') as order_of_payment,
            coalesce(loans.compounding, 'none') as period,
            coalesce(loans.interest_mode, 'paid') as mode,
            used.loan_id is not null
            and loans.loan_id in (select rates.loan_id from {{ ref('int_loan_rates') }} as rates) as has_rate,
            used.first_date,
            used.last_date
        from {{ ref('loan_terms') }} as loans
        left join {{ ref('int_price_lists') }} as lists on loans.company_id = lists.company_id
        left join {{ ref('int_assets') }} as principal on loans.principal_asset = principal.asset_id
        left join used on loans.loan_id = used.loan_id
    )

select
    loan_id,
    company_id,
    price_list,
    lender,
    principal_asset,
    is_coin,
    unit_decimals,
    collateral_asset,
    opened_on,
    matures_on,
    extended_to,
    coalesce(extended_to, matures_on) as due_on,
    annual_rate,
    -- Interest is known where there is a rate, and a day count to apply it by.
    if(has_rate, day_count, null) as interest_day_count,
    day_count,
    period as compounding,
    mode as interest_mode,
    order_of_payment as payment_order,
    coalesce(upfront_fee_ratio, 0)::decimal(12, 8) as upfront_fee_ratio,
    coalesce(early_termination_fee_ratio, 0)::decimal(12, 8) as early_termination_fee_ratio,
    initial_ltv_ratio,
    lender_may_rehypothecate,
    first_date,
    last_date,
    is_illustrative,
    source_url,
    note,
    source_row,
    margin_call_ltv_ratio,
    has_rate
from terms
