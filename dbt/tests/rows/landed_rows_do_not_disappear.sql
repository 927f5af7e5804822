-- A file was delivered again and lacks rows that it had before.
-- They stay until somebody says what became of them.
{{ config(severity='warn', meta={'owner': 'operator'}) }}
select
    old_source_file
    || ', row '
    || old_source_row
    || ': '
    || native_id
    || ' is missing in the delivery of '
    || new_landed_at
    || '. If it never happened, deliver a correction; else ask who made the file.' as message
from {{ ref('restatements') }}
where restatement_kind = 'row_disappeared'
