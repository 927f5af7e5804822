-- One row per statement, account, asset and moment: what the statement says, what the ledger says, the difference,
-- and since when it has lasted.
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
            null as note,
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
    ),

    judged as (
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
    ),

    -- A break lasts from the first statement in a row that disagrees to the next one that agrees.
    runs as (
        select *, count(*) filter (where status = 'agreed') over until_it as agreed_so_far
        from judged
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
    ),

    aged as (
        select judged.*, lasting.broken_since, mended.as_of as mended_at
        from judged
        left join
            runs
            on judged.company_id = runs.company_id
            and judged.account_id = runs.account_id
            and judged.asset_id = runs.asset_id
            and judged.as_of = runs.as_of
            and judged.statement = runs.statement
            and judged.statement_source = runs.statement_source
            and runs.status = 'break'
        left join
            lasting
            on runs.company_id = lasting.company_id
            and runs.account_id = lasting.account_id
            and runs.asset_id = lasting.asset_id
            and runs.statement_source = lasting.statement_source
            and runs.agreed_so_far = lasting.agreed_so_far
        left join
            runs as mended
            on runs.company_id = mended.company_id
            and runs.account_id = mended.account_id
            and runs.asset_id = mended.asset_id
            and runs.statement_source = mended.statement_source
            and mended.status = 'agreed'
            and mended.agreed_so_far = runs.agreed_so_far + 1
    ),

    priced as (
        select aged.*, case when aged.asset_id = 'USD' then 1 else prices.price_usd end as price_usd
        from aged
        inner join
            {{ ref('int_price_lists') }} as lists on aged.company_id = lists.company_id
            {{ asof_left_join() }} {{ ref('int_prices') }} as prices
            on lists.price_list = prices.price_list
            and aged.asset_id = prices.asset_id
            and aged.as_of >= prices.in_force_from
    )

select
    priced.company_id,
    priced.account_id,
    priced.asset_id,
    priced.as_of,
    priced.statement,
    priced.statement_source,
    priced.ours_quantity::{{ quantity_type() }} as ours_quantity,
    priced.ours_illustrative_quantity::{{ quantity_type() }} as ours_illustrative_quantity,
    priced.theirs_quantity::{{ quantity_type() }} as theirs_quantity,
    priced.difference_quantity::{{ quantity_type() }} as difference_quantity,
    {{ usd_value('priced.difference_quantity::' ~ quantity_type(), 'priced.price_usd') }} as difference_usd,
    priced.tolerance_quantity::{{ quantity_type() }} as tolerance_quantity,
    priced.status,
    priced.believed_statement,
    priced.broken_since,
    priced.mended_at,
    cast(
        coalesce(priced.mended_at, greatest(data_date.data_at, priced.as_of))::date
        - priced.broken_since::date as integer
    ) as break_age_days,
    priced.source_url,
    priced.note,
    priced.source_file,
    priced.source_row
from priced
cross join {{ ref('int_data_date') }} as data_date
