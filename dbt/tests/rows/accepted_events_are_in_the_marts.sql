-- Every accepted row is one event, every refused one is in rejected_rows, and every restated one in restatements:
-- three marts together hold all that landed, duplicates aside. Loans that were stopped for their terms are refused
-- rows too.
with
    counts as (
        select
            'events' as mart,
            (select count(*) filter (where row_status = 'accepted') from {{ ref('int_events_checked') }}) as expected,
            (select count(*) from {{ ref('events') }}) as found
        union all
        select
            'rejected_rows',
            (select count(*) filter (where row_status = 'rejected') from {{ ref('int_row_status') }})
            + (select count(*) from {{ landed('landing', 'rejected_rows') }})
            + (select count(*) filter (where reason is not null) from {{ ref('int_loan_terms_checked') }}),
            (select count(*) from {{ ref('rejected_rows') }})
        union all
        select
            'restatements',
            (select count(*) filter (where row_status = 'restated') from {{ ref('int_events_checked') }})
            + (select count(*) filter (where row_status = 'restated') from {{ ref('int_prices_checked') }})
            + (select count(*) filter (where row_status = 'restated') from {{ ref('int_balances_checked') }}),
            (select count(*) filter (where restatement_kind = 'restated') from {{ ref('restatements') }})
    )

select mart, expected, found
from counts
where expected <> found
