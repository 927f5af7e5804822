-- One row per facility and its terms, with the reason why it is stopped, if they make no sense.
with
    rated as (
        select
            terms.loan_id,
            count(*) as rates,
            count(*) filter (
                where rates.annual_rate is null and rates.effective_until > terms.first_date
            ) as unknown_rates,
            min(rates.effective_from) > any_value(terms.first_date) as starts_late
        from {{ ref('int_loan_terms') }} as terms
        inner join {{ ref('int_loan_rates') }} as rates on terms.loan_id = rates.loan_id
        group by terms.loan_id
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
            {{ closing_price_of_list('pledged', 'pledged.asset_id', 'pledged.date') }}
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

    checks as (
        select
            terms.*,
            companies.company_id is null as has_no_company,
            principal.asset_class is null or collateral.asset_class is null as has_unknown_asset,
            thresholds.is_liquidation_below_call,
            thresholds.is_cure_above_call,
            thresholds.has_threshold,
            coalesce(rated.unknown_rates > 0 or rated.starts_late, false) as lacks_rate,
            unpriced.asset_id as unpriced_asset
        from {{ ref('int_loan_terms') }} as terms
        left join {{ ref('companies') }} as companies on terms.company_id = companies.company_id
        left join {{ ref('int_assets') }} as principal on terms.principal_asset = principal.asset_id
        left join {{ ref('int_assets') }} as collateral on terms.collateral_asset = collateral.asset_id
        left join rated on terms.loan_id = rated.loan_id
        left join unpriced on terms.loan_id = unpriced.loan_id
        left join thresholds on terms.loan_id = thresholds.loan_id
    )

select
    * exclude (
        has_no_company,
        has_unknown_asset,
        is_liquidation_below_call,
        is_cure_above_call,
        has_threshold,
        lacks_rate,
        unpriced_asset
    ),
    {{ first_reason([
        ('company_id', "case when has_no_company then 'unknown_company' end"),
        ('principal_asset or collateral_asset', "case when has_unknown_asset then 'unknown_asset' end"),
        ('day_count', "case when day_count not in ('act/360', 'act/365', 'act/act', '30/360') then 'unknown_day_count' end"),
        ('day_count', "case when has_rate and day_count is null then 'missing_value' end"),
        ('compounding', "case when compounding not in ('none', 'daily', 'monthly', 'quarterly', 'yearly') then 'unknown_compounding' end"),
        ('interest_mode', "case when interest_mode not in ('paid', 'capitalised') then 'unknown_interest_mode' end"),
        ('compounding', "case when interest_mode = 'capitalised' and compounding = 'none' then 'capitalised_without_period' end"),
        ('payment_order', "case when list_sort(string_split(payment_order, ',')) <> ['fee', 'interest', 'principal'] then 'unknown_payment_order' end"),
        ('liquidation_ltv_ratio', "case when is_liquidation_below_call then 'liquidation_below_call' end"),
        ('cure_ltv_ratio', "case when is_cure_above_call then 'cure_above_call' end"),
        ('initial_ltv_ratio', "case when initial_ltv_ratio > margin_call_ltv_ratio then 'initial_above_call' end"),
        ('matures_on', "case when matures_on < opened_on or extended_to < matures_on then 'maturity_out_of_order' end"),
        ('annual_rate', "case when lacks_rate then 'rate_missing' end"),
        ('collateral_asset', "case when unpriced_asset is not null and has_threshold then 'collateral_without_price' end"),
    ]) }}
from checks
