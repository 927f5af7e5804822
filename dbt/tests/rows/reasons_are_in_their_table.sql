-- Every reason for which a row is refused or ignored is a row of refusal_reasons, so that its message has a sentence.
select source, entity, source_file, source_row, row_status, reason
from {{ ref('int_rows_left_out') }}
where message is null or raw_row is null and row_status = 'ignored'
