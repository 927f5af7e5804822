-- One row per facility: its terms with their defaults, and the reason why the loan is stopped, if they make no sense.
with
    used as (
        select loan_id, min(date) as first_date, max(date) as last_date
        from {{ ref('int_loan_moves') }}
        group by loan_id
    ),

    rated as (
        select
            used.loan_id,
            count(*) as rates,
            count(*) filter (
                where rates.annual_rate is null and rates.effective_until > used.first_date
            ) as unknown_rates,
            min(rates.effective_from) > any_value(used.first_date) as starts_late
        from used
        inner join {{ ref('int_loan_rates') }} as rates on used.loan_id = rates.loan_id
        group by used.loan_id
    ),

    -- Collateral that was pledged before its asset had any price.
    unpriced as (
        select pledged.loan_id, min(pledged.asset_id) as asset_id
        from
            (
                select
                    legs.loan_id,
                    legs.asset_id,
                    any_value(lists.price_list) as price_list,
                    min(legs.occurred_at::date) as date
                from {{ ref('int_loan_legs') }} as legs
                inner join {{ ref('loan_terms') }} as loans on legs.loan_id = loans.loan_id
                inner join {{ ref('int_price_lists') }} as lists on loans.company_id = lists.company_id
                where legs.account_kind = 'collateral' and legs.quantity > 0
                group by legs.loan_id, legs.asset_id
            ) as pledged
            {{ asof_left_join() }} {{ ref('int_closing_prices') }} as prices
            on pledged.price_list = prices.price_list
            and pledged.asset_id = prices.asset_id
            and pledged.date >= prices.date
        where prices.priced_at is null
        group by pledged.loan_id
    ),

    thresholds as (
        select
            loan_id,
            bool_or(liquidation_ltv_ratio < margin_call_ltv_ratio) as is_liquidation_below_call,
            bool_or(cure_ltv_ratio > margin_call_ltv_ratio) as is_cure_above_call,
            bool_or(coalesce(margin_call_ltv_ratio, liquidation_ltv_ratio) is not null) as has_threshold
        from {{ ref('int_loan_thresholds') }}
        group by loan_id
    ),

    terms as (
        select
            loans.*,
            thresholds.is_liquidation_below_call,
            thresholds.is_cure_above_call,
            thresholds.has_threshold,
            loans.rowid + 2 as source_row,
            companies.company_id is null as has_no_company,
            coalesce(lists.price_list, '*') as price_list,
            principal.asset_class is null or collateral.asset_class is null as has_unknown_asset,
            principal.asset_class not in ('cash', 'stablecoin') as is_coin,
            if(principal.asset_class in ('cash', 'stablecoin'), 2, principal.decimals) as unit_decimals,
            coalesce(loans.payment_order, 'fee,interest,principal') as order_of_payment,
            coalesce(loans.compounding, 'none') as period,
            coalesce(loans.interest_mode, 'paid') as mode,
            coalesce(rated.rates, 0) > 0 as has_rate,
            coalesce(rated.unknown_rates > 0 or rated.starts_late, false) as lacks_rate,
            unpriced.asset_id as unpriced_asset,
            used.first_date,
            used.last_date
        from {{ ref('loan_terms') }} as loans
        left join {{ ref('companies') }} as companies on loans.company_id = companies.company_id
        left join {{ ref('int_price_lists') }} as lists on loans.company_id = lists.company_id
        left join {{ ref('assets') }} as principal on loans.principal_asset = principal.asset_id
        left join {{ ref('assets') }} as collateral on loans.collateral_asset = collateral.asset_id
        left join used on loans.loan_id = used.loan_id
        left join rated on loans.loan_id = rated.loan_id
        left join unpriced on loans.loan_id = unpriced.loan_id
        left join thresholds on loans.loan_id = thresholds.loan_id
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
    {{ first_reason([
        ('company_id', "case when has_no_company then 'unknown_company' end"),
        ('principal_asset or collateral_asset', "case when has_unknown_asset then 'unknown_asset' end"),
        ('day_count', "case when day_count not in ('act/360', 'act/365', 'act/act', '30/360') then 'unknown_day_count' end"),
        ('day_count', "case when has_rate and day_count is null then 'missing_value' end"),
        ('compounding', "case when period not in ('none', 'daily', 'monthly', 'quarterly', 'yearly') then 'unknown_compounding' end"),
        ('interest_mode', "case when mode not in ('paid', 'capitalised') then 'unknown_interest_mode' end"),
        ('compounding', "case when mode = 'capitalised' and period = 'none' then 'capitalised_without_period' end"),
        ('payment_order', "case when list_sort(string_split(order_of_payment, ',')) <> ['fee', 'interest', 'principal'] then 'unknown_payment_order' end"),
        ('liquidation_ltv_ratio', "case when is_liquidation_below_call then 'liquidation_below_call' end"),
        ('cure_ltv_ratio', "case when is_cure_above_call then 'cure_above_call' end"),
        ('initial_ltv_ratio', "case when initial_ltv_ratio > margin_call_ltv_ratio then 'initial_above_call' end"),
        ('matures_on', "case when matures_on < opened_on or extended_to < matures_on then 'maturity_out_of_order' end"),
        ('annual_rate', "case when lacks_rate then 'rate_missing' end"),
        ('collateral_asset', "case when unpriced_asset is not null and has_threshold then 'collateral_without_price' end"),
    ]) }}
from terms
