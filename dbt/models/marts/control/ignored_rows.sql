-- One row per landed row that its source declares to be no event: where it stands, why, and the row as it was.
select source, entity, source_file, source_sha256, source_row, reason, message, raw_row, landed_at
from {{ ref('int_rows_left_out') }}
where row_status = 'ignored'
