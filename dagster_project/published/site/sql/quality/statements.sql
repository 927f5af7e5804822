-- One row per statement, account, asset and moment: theirs, ours, and the difference.
select
    as_of, company_id, account_id, asset_id, status, theirs_quantity, ours_quantity, difference_quantity,
    difference_usd, tolerance_quantity, statement, statement_source, believed_statement, ours_illustrative_quantity,
    broken_since, agreed_again_at, break_age_days, source_file, source_row, source_url, note, quarter_of(as_of) as _quarter
from reconciliation
order by as_of desc, company_id, account_id, asset_id, statement
