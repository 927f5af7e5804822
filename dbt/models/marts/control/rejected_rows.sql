-- One row per refused row of a file or of the loan terms: where it stands, why, what to do, and the row as it was.
select source, entity, source_file, source_sha256, source_row, reason, message, raw_row, landed_at
from {{ ref('int_rows_left_out') }}
where row_status = 'rejected'
union all
select source, entity, source_file, source_sha256, source_row, reason, message, raw_row, landed_at
from {{ landed('landing', 'rejected_rows') }}
union all
-- A loan whose terms make no sense is stopped; the others go on. A seed has no SHA-256 and is landed by no run.
select
    'seeds',
    'loan_terms',
    'seeds/loan_terms.csv',
    'none',
    stopped.source_row,
    stopped.reason,
    'Loan '
    || stopped.loan_id
    || ' is left out. seeds/loan_terms.csv, row '
    || stopped.source_row
    || ': '
    || stopped.reason_column
    || ' '
    || {{ reason_sentence('reasons') }},
    {{ row_as_json('loans') }},
    null::timestamp
from {{ ref('int_loan_terms_checked') }} as stopped
inner join
    {{ ref('refusal_reasons') }} as reasons on stopped.reason = reasons.reason and reasons.row_status = 'rejected'
inner join (select * exclude (source_row) from {{ ref('loan_terms') }}) as loans on stopped.loan_id = loans.loan_id
