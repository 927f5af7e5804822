-- One row per landed row that its source declares to be no event: where it stands, why, and the row as it was.
with
    ignored as (
        select
            source,
            entity,
            source_file,
            source_sha256,
            source_row,
            reason,
            {{ ignoring_message() }} as message,
            landed_at
        from {{ ref('int_row_fates') }}
        where row_status = 'ignored'
    ),

    raw_rows as ({{ raw_rows_of('ignored') }})

select
    ignored.source,
    ignored.entity,
    ignored.source_file,
    ignored.source_sha256,
    ignored.source_row,
    ignored.reason,
    ignored.message,
    raw_rows.raw_row,
    ignored.landed_at
from ignored
left join
    raw_rows
    on ignored.source = raw_rows.source
    and ignored.entity = raw_rows.entity
    and ignored.source_sha256 = raw_rows.source_sha256
    and ignored.source_row = raw_rows.source_row
