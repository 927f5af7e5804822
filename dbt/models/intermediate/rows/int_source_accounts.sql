-- One row per landed file and label: our account, by the longest pattern that fits the file.
with files as (select distinct source, source_file from {{ landed('landing', 'files') }})

select
    files.source,
    files.source_file,
    known.label,
    arg_max(known.account_id, length(known.file_pattern)) as account_id,
    arg_max(accounts.company_id, length(known.file_pattern)) as company_id,
    arg_max(known.is_illustrative, length(known.file_pattern)) as is_illustrative
from files
inner join
    {{ ref('source_accounts') }} as known
    on files.source = known.source
    and {{ fits('files.source_file', 'known.file_pattern') }}
inner join {{ ref('accounts') }} as accounts on known.account_id = accounts.account_id
group by all
