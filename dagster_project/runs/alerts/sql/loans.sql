-- One row per loan that is called, in default, near either, or whose collateral has no price. `$near` is how large a
-- fall of prices counts as near: 0.1 is a tenth. Thresholds are compared by multiplication.
with called as (
    select
        loan_id,
        margin_called_on
    from marts.loans_daily
    qualify row_number() over (partition by loan_id order by date desc) = 1
),

measured as (
    select
        *,
        case
            when loan_state = 'default' then 'default'
            when loan_state <> 'repaid' and ltv_ratio >= liquidation_ltv_ratio * (1 - $near::decimal(9, 6)) then 'near_liquidation'
            when loan_state = 'margin_call' then 'margin_call'
            when loan_state = 'current' and ltv_ratio >= margin_call_ltv_ratio * (1 - $near::decimal(9, 6)) then 'near_margin_call'
            when loan_state = 'price_unknown' then 'price_unknown'
        end as situation
    from marts.loans
)

select
    concat_ws(':', 'loan', measured.loan_id, situation) as finding_id,
    coalesce(called.margin_called_on, measured.as_of) as since,
    1 as size,
    'loans.html' as page,
    marked(
        concat_ws(
            ' ',
            measured.company_id || ', loan', measured.loan_id, 'from', measured.lender || ':',
            case situation
                when 'default' then 'in default by the rule ' || state_rule
                when 'margin_call' then 'margin call' || coalesce(', to be cured until ' || cure_due_at || ' UTC', '')
                when 'near_liquidation' then 'near liquidation'
                when 'near_margin_call' then 'near its margin call'
                else 'the price of its collateral is unknown'
            end || ';',
            'loan-to-value', coalesce(plain(ltv_ratio), 'unknown') || ', call from', plain(margin_call_ltv_ratio) || ', liquidation from',
            plain(liquidation_ltv_ratio) || ';', collateral_asset, 'at', usd(collateral_price_usd) || ', call at',
            usd(price_to_margin_call_usd) || ';', 'headroom', usd(headroom_usd), 'USD'
        ),
        is_illustrative
    ) as sentence
from measured
left join called on measured.loan_id = called.loan_id
where situation is not null
