-- One row per statement, account, asset and moment: theirs beside ours, and whether it agrees or is believed.
with
    statements as (
        select
            accounts.company_id,
            balances.account_id,
            balances.account_id as ledger_account,
            balances.asset_id,
            balances.as_of,
            balances.statement,
            coalesce(balances.statement_source, balances.source) as statement_source,
            balances.quantity as theirs_quantity,
            0 as tolerance_quantity,
            true as is_believed,
            balances.source_url,
            null::varchar as note,
            balances.source_file,
            balances.source_row
        from {{ ref('int_balances_checked') }} as balances
        inner join {{ ref('accounts') }} as accounts on balances.account_id = accounts.account_id
        where balances.row_status = 'accepted'
        union all
        -- What a company reports of all its accounts together stands under the account *.
        select
            company_id,
            '*',
            company_id || ':*',
            asset_id,
            {{ utc('as_of') }},
            statement,
            'reported_holdings',
            quantity,
            tolerance_quantity,
            is_believed,
            source_url,
            note,
            'seeds/reported_holdings.csv',
            null
        from {{ ref('reported_holdings') }}
    ),

    changes as (
        select account_id, asset_id, occurred_at, quantity, is_illustrative
        from {{ ref('int_legs') }}
        union all
        select company_id || ':*', asset_id, occurred_at, quantity, is_illustrative
        from {{ ref('int_legs') }}
        where {{ is_holding('account_kind') }}
    ),

    at_moment as (
        select
            account_id,
            asset_id,
            occurred_at,
            sum(quantity) as change,
            coalesce(sum(quantity) filter (where is_illustrative), 0) as illustrative_change
        from changes
        where (account_id, asset_id) in (select (statements.ledger_account, statements.asset_id) from statements)  -- the few that somebody states
        group by account_id, asset_id, occurred_at
    ),

    balances as (
        select
            account_id,
            asset_id,
            occurred_at,
            sum(change) over until_now as quantity,
            sum(illustrative_change) over until_now as illustrative_quantity
        from at_moment
        window until_now as (partition by account_id, asset_id order by occurred_at rows unbounded preceding)
    ),

    -- Whom to believe: the policy for one account stands before that for all, a company's before that for all.
    ranked as (
        select statements.*, policies.priority
        from statements
        left join
            {{ ref('statement_policies') }} as policies
            on policies.company_id in (statements.company_id, '*')
            and policies.account_id in (statements.account_id, '*')
            and statements.statement_source = policies.statement_source
        qualify
            row_number() over (
                partition by
                    statements.company_id,
                    statements.account_id,
                    statements.asset_id,
                    statements.as_of,
                    statements.statement,
                    statements.statement_source
                order by policies.account_id = '*', policies.company_id = '*'
            )
            = 1
    ),

    compared as (
        select
            statements.*,
            -- Of one day the statement of the first rank speaks; one without a rank speaks where none has any.
            min(coalesce(statements.priority, 1000000)) filter (where statements.is_believed) over same_day
            as first_priority,
            first_value(statements.statement) over best_first as first_statement,
            coalesce(balances.quantity, 0) as ours_quantity,
            coalesce(balances.illustrative_quantity, 0) as ours_illustrative_quantity
        from
            ranked as statements
            {{ asof_left_join() }} balances
            on statements.ledger_account = balances.account_id
            and statements.asset_id = balances.asset_id
            and statements.as_of >= balances.occurred_at
        window
            same_day as (
                partition by statements.company_id, statements.account_id, statements.asset_id, statements.as_of::date
            ),
            best_first as (
                partition by statements.company_id, statements.account_id, statements.asset_id, statements.as_of::date
                order by
                    statements.is_believed desc,
                    coalesce(statements.priority, 1000000) asc,
                    statements.as_of desc,
                    statements.statement asc
            )
    )

select
    *,
    ours_quantity - theirs_quantity as difference_quantity,
    case
        when not is_believed
        then 'not_believed'
        when abs(ours_quantity - theirs_quantity) <= tolerance_quantity
        then 'agreed'
        when coalesce(priority, 1000000) > first_priority
        then 'not_believed'
        else 'break'
    end as status,
    if(coalesce(priority, 1000000) > first_priority, first_statement, null) as believed_statement
from compared
