-- One row per loan and event that drew or repaid it, in whole units of what is owed.
with
    moves as (
        select
            legs.loan_id,
            legs.event_id,
            events.occurred_at,
            events.event_type,
            -- The loan account shrinks when money is drawn, and grows when it is paid back.
            sum(
                case
                    when {{ is_money('assets.asset_class') }}
                    then {{ cents('-legs.value_usd') }}
                    when legs.asset_id = loans.principal_asset
                    then {{ to_units('-legs.quantity', 'assets.decimals') }}
                    -- A loan of coins that is paid in something else: as many coins as that was worth.
                    else {{ coin_units('-legs.value_usd', 'prices.price_usd', 'assets.decimals') }}
                end
            ) as amount
        from {{ ref('int_loan_legs') }} as legs
        inner join {{ ref('loan_terms') }} as loans on legs.loan_id = loans.loan_id
        inner join {{ ref('int_assets') }} as assets on loans.principal_asset = assets.asset_id
        inner join
            {{ ref('int_events') }} as events on legs.event_id = events.event_id
            {{ price_at('events', 'loans.principal_asset', 'events.occurred_at') }}
        where legs.account_kind = 'loan'
        group by all
    )

select
    loan_id,
    row_number() over (partition by loan_id order by occurred_at, event_id) as sequence,
    event_id,
    occurred_at,
    occurred_at::date as date,
    amount::{{ units_type() }} as amount,
    case
        event_type when 'interest_payment' then 'interest' when 'fee' then 'fee' when 'loan_repayment' then 'principal'
    end as stated
from moves
where amount <> 0
