-- One row per file and reason for which rows of it are refused.
select
    concat_ws(':', 'refused', source_file, source_sha256, entity, reason) as finding_id,
    min(landed_at)::date as since,
    count(*) as size,
    'quality.html' as page,
    concat_ws(
        ' ', source_file || ':', count(*), if(count(*) = 1, 'row', 'rows'), 'refused as', reason || '. Row',
        min(source_row) || ':', arg_min(message, source_row)
    ) as sentence
from marts.rejected_rows
group by source_file, source_sha256, entity, reason
