-- One row per loan and day whose figures are not those of the day before and after: a line between them is exact.
with numbered as (
    select loan_id, row_number() over (order by principal_usd desc, loan_id) - 1 as chunk from loans
),

days as (
    select
        *,
        (ltv_ratio, principal_usd, loan_state) as figures,
        lag(figures) over by_day as before,
        lead(figures) over by_day as after
    from loans_daily
    window by_day as (partition by loan_id order by date)
)

select
    numbered.chunk as _chunk,
    days.loan_id as _parent,
    days.date, days.ltv_ratio, days.loan_state, days.principal_usd, days.collateral_value_usd,
    days.price_to_margin_call_usd, days.price_to_liquidation_usd, days.collateral_price_usd, days.is_illustrative,
    quarter_of(days.date) as _quarter
from days
inner join numbered using (loan_id)
where days.figures is distinct from days.before or days.figures is distinct from days.after
order by numbered.chunk, days.date
