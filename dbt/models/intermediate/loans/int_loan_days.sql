-- One row per loan and day from its first event on: what is owed at the end of the day (UTC), in whole units.
with
    spans as (
        select
            events.loan_id,
            min(events.occurred_at::date) as first_date,
            max(events.occurred_at::date) as last_date,
            arg_max(events.principal_after_units, events.event_no) = 0
            and coalesce(arg_max(events.interest_after_usd, events.event_no), 0) = 0
            and coalesce(arg_max(events.fee_after_usd, events.event_no), 0) = 0 as is_paid_off
        from {{ ref('int_loan_balances') }} as events
        group by events.loan_id
    ),

    pledged as (
        select distinct loan_id
        from
            (
                select loan_id, asset_id
                from {{ ref('int_loan_legs') }}
                where account_kind = 'collateral'
                group by loan_id, asset_id
                having sum(quantity) <> 0
            )
    ),

    days as (
        select
            spans.loan_id,
            {{ days(
            'spans.first_date',
            'case when spans.is_paid_off and pledged.loan_id is null then spans.last_date else greatest(data_date.data_at::date, spans.last_date) end'
        ) }}
            as date
        from spans
        cross join {{ ref('int_data_date') }} as data_date
        left join pledged on spans.loan_id = pledged.loan_id
    ),

    accrued as (
        select
            days.loan_id,
            days.date,
            loans.interest_day_count,
            segments.rate,
            coalesce(segments.principal, 0) as principal,
            segments.interest_paid,
            segments.interest_capitalised,
            segments.fee_charged,
            segments.fee_paid,
            segments.numerator,
            days.date = segments.first_date as is_first_of_segment,
            {{ interest_numerator('segments', 'loans.interest_day_count', 'days.date') }} as interest_numerator
        from days
        inner join
            {{ ref('int_loan_terms') }} as loans on days.loan_id = loans.loan_id
            {{ asof_left_join() }} {{ ref('int_loan_segments') }} as segments
            on days.loan_id = segments.loan_id
            and days.date >= segments.first_date
    ),

    rounded as (
        select
            *,
            -- Null where the rate is not known. Before the first drawdown nothing is owed.
            case
                when interest_day_count is null
                then null
                when numerator is null
                then 0
                else {{ interest_from_numerator('interest_numerator') }}
            end as interest_to_date
        from accrued
    )

select
    loan_id,
    date,
    rate,
    principal::{{ units_type() }} as principal,
    (
        interest_to_date - lag(interest_to_date, 1, 0::hugeint) over (partition by loan_id order by date)
    )::{{ units_type() }} as interest,
    interest_to_date::{{ units_type() }} as interest_to_date,
    coalesce(interest_paid, 0)::{{ units_type() }} as interest_paid_to_date,
    coalesce(interest_capitalised, 0)::{{ units_type() }} as interest_capitalised_to_date,
    (interest_to_date - coalesce(interest_paid, 0) - coalesce(interest_capitalised, 0))::{{ units_type() }}
    as interest_due,
    (coalesce(fee_charged, 0) - coalesce(fee_paid, 0))::{{ units_type() }} as fee_due
from rounded
