-- One row per table of an accepted file: how many rows it had, and what became of them.
with
    statuses as (
        select
            source,
            entity,
            source_sha256,
            source_file,
            count(*) filter (where row_status = 'accepted') as rows_accepted,
            count(*) filter (where row_status = 'restated') as rows_restated,
            count(*) filter (where row_status = 'duplicate') as rows_duplicate,
            count(*) filter (where row_status = 'ignored') as rows_ignored,
            count(*) filter (where row_status = 'rejected') as rows_rejected
        from {{ ref('int_row_status') }}
        group by all
    ),

    -- What the reader could not even take apart.
    unreadable as (
        select source, entity, source_sha256, source_file, count(*) as rows_unreadable
        from {{ landed('landing', 'rejected_rows') }}
        group by all
    )

select
    files.source,
    files.entity,
    files.source_file,
    files.source_sha256,
    files.bytes,
    files.landed_at,
    files.rows_landed,
    coalesce(statuses.rows_accepted, 0) as rows_accepted,
    coalesce(statuses.rows_restated, 0) as rows_restated,
    coalesce(statuses.rows_duplicate, 0) as rows_duplicate,
    coalesce(statuses.rows_ignored, 0) as rows_ignored,
    coalesce(statuses.rows_rejected, 0) + coalesce(unreadable.rows_unreadable, 0) as rows_rejected
from {{ landed('landing', 'files') }} as files
left join
    statuses
    on files.source = statuses.source
    and files.entity = statuses.entity
    and files.source_sha256 = statuses.source_sha256
    and files.source_file = statuses.source_file
left join
    unreadable
    on files.source = unreadable.source
    and files.entity = unreadable.entity
    and files.source_sha256 = unreadable.source_sha256
    and files.source_file = unreadable.source_file
where files.status = 'accepted'
