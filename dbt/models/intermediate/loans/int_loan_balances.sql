-- One row per loan and event that touches its balance or its collateral, with what it changed and what stood after it.
with
    pledged as (
        select
            legs.loan_id,
            legs.event_id,
            sum(legs.quantity) filter (where legs.asset_id = loans.collateral_asset) as quantity,
            bool_or(legs.asset_id <> loans.collateral_asset) as has_other_assets
        from {{ ref('int_loan_legs') }} as legs
        inner join {{ ref('int_loan_terms_checked') }} as loans on legs.loan_id = loans.loan_id
        where legs.account_kind = 'collateral'
        group by all
    ),

    touched as (select distinct loan_id, event_id from {{ ref('int_loan_legs') }}),

    changes as (
        select
            touched.loan_id,
            row_number() over after_it as event_no,
            events.*,
            coalesce(moves.sequence, 0) as sequence,
            coalesce(postings.kind, '') as kind,
            moves.stated,
            postings.amount,
            postings.fee,
            postings.interest,
            postings.principal,
            postings.fee_charged,
            postings.principal_before,
            postings.interest_before,
            postings.fee_before,
            -- An event that moves collateral alone leaves the balance as it was.
            last_value(postings.principal_after ignore nulls) over until_it as principal_after,
            postings.interest_after,
            postings.fee_after,
            coalesce(pledged.quantity, 0) as collateral_change_quantity
        from touched
        inner join {{ ref('int_events') }} as events on touched.event_id = events.event_id
        left join
            {{ ref('int_loan_moves') }} as moves
            on touched.loan_id = moves.loan_id
            and touched.event_id = moves.event_id
        left join
            {{ ref('int_loan_postings') }} as postings
            on moves.loan_id = postings.loan_id
            and moves.sequence = postings.sequence
        left join pledged on touched.loan_id = pledged.loan_id and touched.event_id = pledged.event_id
        window
            after_it as (partition by touched.loan_id order by events.occurred_at, events.event_id),
            until_it as (
                partition by touched.loan_id order by events.occurred_at, events.event_id rows unbounded preceding
            )
    ),

    priced as (
        select changes.*, loans.is_coin, loans.unit_decimals, loans.interest_day_count, prices.price_usd
        from changes
        inner join
            {{ ref('int_loan_terms_checked') }} as loans on changes.loan_id = loans.loan_id and loans.reason is null
            {{ price_of_list('loans', 'loans.principal_asset', 'changes.occurred_at') }}
    )

select
    loan_id,
    event_no,
    event_id,
    company_id,
    occurred_at,
    coalesce(group_id, event_id) as group_id,
    event_type,
    from_account,
    is_illustrative,
    sequence,
    stated,
    {{ owed_usd("if(kind = 'drawdown', amount, 0)", 'priced', 'price_usd') }} as drawn_usd,
    {{ owed_usd("if(kind = 'payment', amount, 0)", 'priced', 'price_usd') }} as paid_usd,
    {{ owed_usd("if(kind = 'payment', principal, 0)", 'priced', 'price_usd') }} as principal_usd,
    {{ owed_usd("coalesce(interest, 0)", 'priced', 'price_usd') }} as interest_usd,
    {{ owed_usd("coalesce(fee, 0)", 'priced', 'price_usd') }} as fee_usd,
    {{ owed_usd("coalesce(fee_charged, 0)", 'priced', 'price_usd') }} as fee_charged_usd,
    {{ owed_usd("principal_before", 'priced', 'price_usd') }} as principal_before_usd,
    {{ owed_usd("coalesce(principal_after, 0)", 'priced', 'price_usd') }} as principal_after_usd,
    {{ owed_usd("if(interest_day_count is null, null, interest_before)", 'priced', 'price_usd') }}
    as interest_before_usd,
    {{ owed_usd("if(interest_day_count is null, null, interest_after)", 'priced', 'price_usd') }} as interest_after_usd,
    {{ owed_usd("fee_before", 'priced', 'price_usd') }} as fee_before_usd,
    {{ owed_usd("fee_after", 'priced', 'price_usd') }} as fee_after_usd,
    coalesce(principal_after, 0)::{{ units_type() }} as principal_after_units,
    {{ owed_quantity("if(kind in ('drawdown', 'payment'), amount, 0)", 'priced') }} as amount_quantity,
    {{ owed_quantity('coalesce(principal_after, 0)', 'priced') }} as principal_after_quantity,
    collateral_change_quantity::{{ quantity_type() }} as collateral_change_quantity,
    cast(sum(collateral_change_quantity) over until_it as {{ quantity_type() }}) as collateral_after_quantity,
    bool_or(is_illustrative) over until_it as is_balance_illustrative
from priced
window until_it as (partition by loan_id order by occurred_at, event_id rows unbounded preceding)
