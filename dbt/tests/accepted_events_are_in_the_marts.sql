-- Every accepted row is one event, and every refused one is in rejected_rows: two marts together hold all that landed, duplicates aside.
-- Loans that were stopped for their terms are refused rows too.
with counts as (
    select
        'events' as mart,
        (select count(*) filter (where row_status = 'accepted') from {{ ref('int_events_checked') }}) as expected,
        (select count(*) from {{ ref('events') }}) as found
    union all
    select
        'rejected_rows',
        (select count(*) filter (where row_status = 'rejected') from {{ ref('int_row_fates') }})
        + (select count(*) from {{ source('landing', 'rejected_rows') }})
        + (select count(*) filter (where reason is not null) from {{ ref('int_loan_terms') }}),
        (select count(*) from {{ ref('rejected_rows') }})
)

select
    mart,
    expected,
    found
from counts
where expected <> found
