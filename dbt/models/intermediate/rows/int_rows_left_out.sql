-- One row per landed row that is refused or no event: where it stands, why, and the row as it was.
with
    left_out as (
        select
            statuses.source,
            statuses.entity,
            statuses.source_file,
            statuses.source_sha256,
            statuses.source_row,
            statuses.row_status,
            statuses.reason,
            statuses.source_file
            || ', row '
            || statuses.source_row
            || ': '
            || case statuses.row_status when 'rejected' then statuses.reason_column || ' ' else '' end
            || {{ reason_sentence('reasons') }} as message,
            statuses.landed_at
        from {{ ref('int_row_status') }} as statuses
        left join
            {{ ref('refusal_reasons') }} as reasons
            on statuses.row_status = reasons.row_status
            and statuses.reason = reasons.reason
        where statuses.row_status in ('rejected', 'ignored')
    ),

    raw_rows as ({{ raw_rows_of('left_out') }})

select
    left_out.source,
    left_out.entity,
    left_out.source_file,
    left_out.source_sha256,
    left_out.source_row,
    left_out.row_status,
    left_out.reason,
    left_out.message,
    raw_rows.raw_row,
    left_out.landed_at
from left_out
left join
    raw_rows
    on left_out.source = raw_rows.source
    and left_out.entity = raw_rows.entity
    and left_out.source_sha256 = raw_rows.source_sha256
    and left_out.source_row = raw_rows.source_row
