-- One row per landed row that a later landing replaced or left out: what it said, what is said now, in which files.
select
    'restated' as restatement_kind,
    source,
    entity,
    native_id,
    company_id,
    occurred_at,
    changes,
    before_value_usd as old_value_usd,
    after_value_usd as new_value_usd,
    (after_value_usd - before_value_usd)::{{ usd_type() }} as value_difference_usd,
    source_file as old_source_file,
    source_row as old_source_row,
    source_sha256 as old_source_sha256,
    landed_at as old_landed_at,
    new_source_file,
    new_source_row,
    new_source_sha256,
    new_landed_at
from {{ ref('int_rows_restated') }}
union all
-- Nothing was said about these rows any more, so they stay as they are.
select
    'row_disappeared',
    source,
    entity,
    native_id,
    company_id,
    occurred_at,
    'missing where its file was delivered again; the row stays',
    null,
    null,
    null,
    source_file,
    source_row,
    source_sha256,
    landed_at,
    new_source_file,
    null,
    new_source_sha256,
    new_landed_at
from {{ ref('int_rows_disappeared') }}
