-- opening + paid − returned + capitalised interest − placed in service = closing; a month opens where the last one
-- closed; no month is left out.
select project_id, month
from
    (
        select
            *,
            lag(closing_usd) over by_month as previous_usd,
            lag(in_service_usd) over by_month as previous_in_service_usd,
            lag(month) over by_month as previous_month
        from {{ ref('capex_monthly') }}
        window by_month as (partition by project_id order by month)
    ) as months
where
    opening_usd + paid_usd - returned_usd + capitalised_interest_usd - placed_in_service_usd <> closing_usd
    or opening_usd <> coalesce(previous_usd, 0)
    or in_service_usd <> coalesce(previous_in_service_usd, 0) + placed_in_service_usd
    or month <> coalesce(previous_month + interval 1 month, month)
