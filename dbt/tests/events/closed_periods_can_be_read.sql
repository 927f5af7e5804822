-- A closing whose times cannot be read, that ends before it begins, or that overlaps another one of its period, would
-- close nothing for sure.
select company_id, closed_through, closed_at, reopened_at
from
    (
        select
            *,
            lead({{ utc('closed_at') }}) over (
                partition by company_id, closed_through order by {{ utc('closed_at') }}
            ) as closed_again_at
        from {{ ref('closed_periods') }}
    ) as closings
where
    {{ utc('closed_at') }} is null
    or (reopened_at is not null and {{ utc('reopened_at') }} is null)
    or {{ utc('reopened_at') }} <= {{ utc('closed_at') }}
    or (closed_again_at is not null and coalesce({{ utc('reopened_at') }}, timestamp 'infinity') > closed_again_at)
