-- One row per company, period and stretch of time in which that period is closed.
select
    closings.company_id,
    closings.company_id || ' ' || closings.closed_through as period_id,
    coalesce(
        max(occurred_until) over (
            partition by closings.company_id order by occurred_until range between unbounded preceding and interval 1 second preceding
        ),
        timestamp '2009-01-03'
    ) as occurred_from,
    {{ day_end('closings.closed_through', 'companies.reporting_timezone') }} as occurred_until,
    {{ utc('closings.closed_at') }} as closed_at,
    {{ utc('closings.reopened_at') }} as reopened_at
from {{ ref('closed_periods') }} as closings
inner join {{ ref('companies') }} as companies on closings.company_id = companies.company_id
