-- Per file: rows landed = rows accepted, restated, rejected, declared duplicates and declared to be no event.
-- Nothing is lost between inbox and marts.
select source_file, entity, rows_landed, rows_accepted, rows_restated, rows_duplicate, rows_ignored, rows_rejected
from {{ ref('files') }}
where rows_landed <> rows_accepted + rows_restated + rows_duplicate + rows_ignored + rows_rejected
