-- One row per selection of company: what is owed, and how near a margin call is.
with selected as (
    select
        _company,
        count(*) as loans,
        count(*) filter (loan_state <> 'repaid') as open_loans,
        coalesce(sum(principal_usd), 0) as principal_usd,
        count(*) filter (principal_usd is null) as unpriced,
        count(*) filter (loan_state = 'terms_unknown') as unknown,
        count(*) filter (loan_state in ('margin_call', 'default')) as called,
        arg_max(loan_id, principal_usd) as largest,
        arg_max(struct_pack(ltv := ltv_ratio), principal_usd).ltv as largest_ltv,
        arg_min(loan_id, headroom_usd) filter (price_to_margin_call_usd is not null) as nearest,
        arg_min(price_to_margin_call_usd, headroom_usd) filter (price_to_margin_call_usd is not null) as nearest_price,
        arg_min(collateral_asset, headroom_usd) filter (price_to_margin_call_usd is not null) as nearest_asset,
        arg_min(collateral_price_usd, headroom_usd) filter (price_to_margin_call_usd is not null) as price_now
    from loans, unnest(any_of(company_id)) as c (_company)
    group by all
)

select
    _company,
    if(_company = '*', 'All companies owe ', company(_company) || ' owes ') || usd(principal_usd)
    || if(principal_usd > 0 and largest_ltv is not null, ', the largest loan at a loan-to-value of ' || percent(largest_ltv), '')
    || if(called > 0, ', and ' || plural(called, 'loan') || if(called = 1, ' is called', ' are called'), '') as title,
    open_loans || ' of ' || plural(loans, 'loan') || if(open_loans = 1, ' is', ' are') || ' open. '
    || coalesce(
        'The nearest margin call is that of ' || nearest || ', with ' || nearest_asset || ' at ' || usd(round(nearest_price, 2))
        || '; the latest price is ' || usd(round(price_now, 2)) || '. ', ''
    )
    || if(unpriced > 0, 'What is owed on ' || plural(unpriced, 'loan') || ' is not known and in no sum. ', '')
    || if(unknown > 0, 'Of ' || plural(unknown, 'loan') || ' no threshold is published, so nobody can say how near a call is.', '')
    as lead
from selected
order by _company
