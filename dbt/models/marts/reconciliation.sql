-- One row per statement, account, asset and moment: what the statement says, what the ledger says, and the difference.
with statements as (
    select
        accounts.company_id,
        balances.account_id,
        balances.account_id as ledger_account,
        balances.asset_id,
        balances.as_of,
        balances.statement,
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
    select
        account_id,
        asset_id,
        occurred_at,
        quantity,
        is_illustrative
    from {{ ref('int_legs') }}
    union all
    select
        company_id || ':*',
        asset_id,
        occurred_at,
        quantity,
        is_illustrative
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

compared as (
    select
        statements.*,
        coalesce(balances.quantity, 0) as ours_quantity,
        coalesce(balances.illustrative_quantity, 0) as ours_illustrative_quantity
    from statements
    {{ asof_left_join() }} balances
        on
            statements.ledger_account = balances.account_id
            and statements.asset_id = balances.asset_id
            and statements.as_of >= balances.occurred_at
)

select
    company_id,
    account_id,
    asset_id,
    as_of,
    statement,
    ours_quantity::{{ quantity_type() }} as ours_quantity,
    ours_illustrative_quantity::{{ quantity_type() }} as ours_illustrative_quantity,
    theirs_quantity::{{ quantity_type() }} as theirs_quantity,
    (ours_quantity - theirs_quantity)::{{ quantity_type() }} as difference_quantity,
    tolerance_quantity::{{ quantity_type() }} as tolerance_quantity,
    case
        when not is_believed then 'not_believed'
        when abs(ours_quantity - theirs_quantity) <= tolerance_quantity then 'agreed'
        else 'break'
    end as status,
    source_url,
    note,
    source_file,
    source_row
from compared
