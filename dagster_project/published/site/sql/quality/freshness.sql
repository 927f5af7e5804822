-- One row per source: what has landed, and how far its events reach.
with reach as (
    select source, max(occurred_at) as latest_event_at from events group by all
)

select
    files.source,
    count(distinct files.source_sha256) as files,
    max(files.landed_at) as last_landed_at,
    any_value(reach.latest_event_at) as latest_event_at,
    sum(files.rows_landed) as rows_landed,
    sum(files.rows_accepted) as rows_accepted,
    sum(files.rows_ignored) as rows_ignored,
    sum(files.rows_duplicate) as rows_duplicate,
    sum(files.rows_restated) as rows_restated,
    sum(files.rows_rejected) as rows_rejected
from files
left join reach using (source)
group by all
order by last_landed_at, source
