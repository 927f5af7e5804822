-- One row per company, period and stretch of time in which that period is closed.
with
    closings as (
        select
            closings.company_id,
            closings.closed_through,
            {{ day_end('closings.closed_through', 'companies.reporting_timezone') }} as occurred_until,
            {{ utc('closings.closed_at') }} as closed_at,
            {{ utc('closings.reopened_at') }} as reopened_at
        from {{ ref('closed_periods') }} as closings
        inner join {{ ref('companies') }} as companies on closings.company_id = companies.company_id
    )

select
    company_id,
    company_id || ' ' || closed_through as period_id,
    -- A period begins where the one before it ends; the first one, with the first bitcoin.
    coalesce(
        max(occurred_until) over (
            partition by company_id
            order by occurred_until
            range between unbounded preceding and interval 1 second preceding
        ),
        timestamp '2009-01-03'
    ) as occurred_from,
    occurred_until,
    closed_at,
    reopened_at
from closings
