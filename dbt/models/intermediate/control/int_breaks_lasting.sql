-- One row per statement, account, asset and moment that breaks: since when, and when it agreed again.
with
    -- A break lasts from the first statement in a row that disagrees to the next one that agrees.
    runs as (
        select *, count(*) filter (where status = 'agreed') over until_it as agreed_so_far
        from {{ ref('int_statements_compared') }}
        where status <> 'not_believed'
        window
            until_it as (
                partition by company_id, account_id, asset_id, statement_source
                order by as_of, statement
                rows unbounded preceding
            )
    ),

    lasting as (
        select company_id, account_id, asset_id, statement_source, agreed_so_far, min(as_of) as broken_since
        from runs
        where status = 'break'
        group by all
    )

select
    runs.company_id,
    runs.account_id,
    runs.asset_id,
    runs.as_of,
    runs.statement,
    runs.statement_source,
    lasting.broken_since,
    agreed_again.as_of as agreed_again_at
from runs
inner join
    lasting
    on runs.company_id = lasting.company_id
    and runs.account_id = lasting.account_id
    and runs.asset_id = lasting.asset_id
    and runs.statement_source = lasting.statement_source
    and runs.agreed_so_far = lasting.agreed_so_far
left join
    runs as agreed_again
    on runs.company_id = agreed_again.company_id
    and runs.account_id = agreed_again.account_id
    and runs.asset_id = agreed_again.asset_id
    and runs.statement_source = agreed_again.statement_source
    and agreed_again.status = 'agreed'
    and agreed_again.agreed_so_far = runs.agreed_so_far + 1
where runs.status = 'break'
