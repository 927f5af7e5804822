-- One row per thing that happened to a loan: from its events, its terms, its interest, and its states.
with
    booked as (
        select
            loan_id,
            occurred_at,
            event_id,
            case
                when drawn_usd > 0
                then 'drawdown'
                when paid_usd > 0 and event_type = 'liquidation'
                then 'liquidation'
                else 'payment'
            end as kind,
            if(drawn_usd > 0, drawn_usd, paid_usd) as amount_usd,
            null::{{ quantity_type() }} as quantity,
            null::decimal(12, 8) as annual_rate,
            event_type as detail,
            is_illustrative
        from {{ ref('int_loan_balances') }}
        where drawn_usd > 0 or paid_usd > 0
        union all
        select
            loan_id,
            occurred_at,
            event_id,
            case when collateral_change_quantity > 0 then 'pledge' else 'release' end,
            null,
            abs(collateral_change_quantity),
            null,
            event_type,
            is_illustrative
        from {{ ref('int_loan_balances') }}
        where collateral_change_quantity <> 0
    ),

    capitalisations as (
        select
            postings.loan_id,
            postings.date::timestamp as occurred_at,
            null::varchar as event_id,
            'capitalisation' as kind,
            {{ owed_usd('postings.amount', 'loans', 'prices.price_usd') }} as amount_usd,
            null::{{ quantity_type() }} as quantity,
            null::decimal(12, 8) as annual_rate,
            'interest of the period before became principal' as detail,
            coalesce(loans.is_illustrative, false) as is_illustrative
        from {{ ref('int_loan_postings') }} as postings
        inner join
            {{ ref('int_loan_terms_checked') }} as loans on postings.loan_id = loans.loan_id
            {{ price_of_list('loans', 'loans.principal_asset', 'postings.date') }}
        where postings.kind = 'capitalisation'
    ),

    days as (
        select
            *,
            {{ rate_from_units('rate') }} as annual_rate,
            lag(loan_state) over of_loan as state_before,
            lag(margin_called_on) over of_loan as called_before,
            lag(rate) over of_loan as rate_before,
            lag(date) over of_loan as date_before
        from {{ ref('int_loan_states') }}
        window of_loan as (partition by loan_id order by date)
    ),

    -- Interest by calendar month, shown on its last day, or on the loan's.
    accruals as (
        select
            loan_id,
            max(date)::timestamp as occurred_at,
            null::varchar as event_id,
            'accrual' as kind,
            sum(interest_usd) as amount_usd,
            null::{{ quantity_type() }} as quantity,
            arg_max(annual_rate, date) as annual_rate,
            'interest of ' || strftime(max(date), '%Y-%m') as detail,
            bool_or(is_illustrative) as is_illustrative
        from days
        group by loan_id, date_trunc('month', date)
        having sum(interest_usd) <> 0
    ),

    found as (
        select
            loan_id,
            date::timestamp as occurred_at,
            null::varchar as event_id,
            unnest(
                [
                    case when rate <> rate_before then 'rate_change' end,
                    case when margin_called_on = date and loan_state <> 'default' then 'margin_call' end,
                    case when called_before is not null and margin_called_on is null then 'cure' end,
                    case when loan_state = 'default' and state_before is distinct from 'default' then 'default' end,
                ]
            ) as kind,
            null::{{ usd_type() }} as amount_usd,
            null::{{ quantity_type() }} as quantity,
            annual_rate,
            state_rule as detail,
            is_illustrative
        from days
    ),

    amended as (
        select
            loan_id,
            effective_from::timestamp as occurred_at,
            null::varchar as event_id,
            'amendment' as kind,
            null::{{ usd_type() }} as amount_usd,
            null::{{ quantity_type() }} as quantity,
            null::decimal(12, 8) as annual_rate,
            concat_ws(
                ', ',
                'margin call at ' || margin_call_ltv_ratio,
                'cured at ' || cure_ltv_ratio,
                'liquidation at ' || liquidation_ltv_ratio,
                cure_hours || ' hours to cure'
            ) as detail,
            false as is_illustrative
        from {{ ref('int_loan_thresholds') }}
        where is_amended
    ),

    matured as (
        select
            loans.loan_id,
            unnest([loans.matures_on, loans.extended_to])::timestamp as occurred_at,
            null::varchar as event_id,
            unnest([case when loans.extended_to is null then 'maturity' else 'extension' end, 'maturity']) as kind,
            null::{{ usd_type() }} as amount_usd,
            null::{{ quantity_type() }} as quantity,
            null::decimal(12, 8) as annual_rate,
            unnest(['extended to ' || loans.extended_to, null]) as detail,
            coalesce(loans.is_illustrative, false) as is_illustrative
        from {{ ref('int_loan_terms_checked') }} as loans
        where loans.reason is null
    )

select *
from booked
union all
select *
from capitalisations
union all
select *
from accruals
union all
select *
from found
where kind is not null
union all
-- What has not come yet is no event.
select *
from
    (
        select *
        from matured
        union all
        select *
        from amended
    ) as planned
where occurred_at <= (select data_date.data_at from {{ ref('int_data_date') }} as data_date)
