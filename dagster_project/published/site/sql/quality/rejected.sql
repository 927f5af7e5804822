-- One row per refused row.
select source, source_file, source_row, reason, message, raw_row, entity, landed_at from rejected_rows
order by landed_at desc, source_file, source_row
