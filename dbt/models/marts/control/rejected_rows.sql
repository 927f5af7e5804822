-- One row per refused row of a file or of the loan terms: where it stands, why, what to do, and the row as it was.
with
    refused as (
        select
            source,
            entity,
            source_file,
            source_sha256,
            source_row,
            reason,
            {{ rejection_message() }} as message,
            landed_at
        from {{ ref('int_row_fates') }}
        where row_status = 'rejected'
    ),

    raw_rows as ({{ raw_rows_of('refused') }})

select
    refused.source,
    refused.entity,
    refused.source_file,
    refused.source_sha256,
    refused.source_row,
    refused.reason,
    refused.message,
    raw_rows.raw_row,
    refused.landed_at
from refused
left join
    raw_rows
    on refused.source = raw_rows.source
    and refused.entity = raw_rows.entity
    and refused.source_sha256 = raw_rows.source_sha256
    and refused.source_row = raw_rows.source_row
union all
select source, entity, source_file, source_sha256, source_row, reason, message, raw_row, landed_at
from {{ landed('landing', 'rejected_rows') }}
union all
-- A loan whose terms make no sense is stopped; the others go on. A seed has no SHA-256 and is landed by no night.
select
    stopped.source,
    stopped.entity,
    stopped.source_file,
    'none',
    stopped.source_row,
    stopped.reason,
    'Loan ' || stopped.loan_id || ' is left out. ' || {{ rejection_message() }},
    {{ row_as_json('loans') }},
    null
from
    (
        select *, 'seeds' as source, 'loan_terms' as entity, 'seeds/loan_terms.csv' as source_file
        from {{ ref('int_loan_terms_checked') }}
        where reason is not null
    ) as stopped
inner join {{ ref('loan_terms') }} as loans on stopped.loan_id = loans.loan_id
