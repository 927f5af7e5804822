-- One row per check that warns, but for those whose rows are listed one by one (breaks, price_breaks, rejected_rows).
select
    'check:' || check_name as finding_id,
    null::date as since,
    failures as size,
    'quality.html' as page,
    concat_ws(' ', 'check', check_name, 'warns:', failures, if(failures = 1, 'row', 'rows'), '(for the', owner || ')') as sentence
from marts_meta.warnings
where check_name not in ('balances_agree_with_statements', 'prices_agree_with_a_second_source', 'every_landed_row_is_good')
