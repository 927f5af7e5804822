-- One row per landed row that a later landing replaced or left out.
select
    occurred_at, company_id, source, entity, native_id, restatement_kind, changes, value_difference_usd, old_value_usd,
    new_value_usd, old_source_file, old_source_row, old_landed_at, new_source_file, new_source_row, new_landed_at,
    quarter_of(occurred_at) as _quarter
from restatements
order by new_landed_at desc, native_id
