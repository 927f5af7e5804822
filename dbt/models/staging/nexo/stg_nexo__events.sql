-- One row per landed row that is an event: what it moved between savings, collateral, loan and the world outside.
{% set savings = "'Savings Wallet'" %}
{% set moves = {
    'transferout': ['Savings', 'Credit Line'],
    'transferin': ['Credit Line', 'Savings'],
    'lockingtermdeposit': ['Savings', 'Term'],
    'unlockingtermdeposit': ['Term', 'Savings'],
    'transfertoprowallet': ['Savings', 'Pro'],
    'transferfromprowallet': ['Pro', 'Savings'],
} %}

with
    transactions as (
        select
            *,
            -- `Auto Transfer from Savings Wallet to Credit Line Wallet`; before details said so, the type did.
            {% for end, pattern in [('from', 'from ([A-Za-z ]+ Wallet) to'), ('to', 'Wallet to ([A-Za-z ]+ Wallet)')] %}
                {% set place = loop.index0 %}
                coalesce(
                    nullif(regexp_extract(details, '{{ pattern }}', 1), ''),
                    case
                        operation
                        {% for operation, wallets in moves.items() %}
                            when '{{ operation }}' then '{{ wallets[place] }} Wallet'
                        {% endfor %}
                    end
                ) as {{ end }}_wallet,
            {% endfor %}
            operation in ('{{ moves | join("', '") }}') as is_move,
            -- A loan in dollars that was paid out as a stablecoin, and coins bought over the counter: dollars became
            -- what came.
            operation in ('deposit', 'exchangedepositedon', 'topupcrypto')
            and regexp_matches(words, 'credit|null|otc') as is_converted
        from {{ ref('stg_nexo__transactions') }}
        where ignored_reason is null
    ),

    meant as (
        select
            *,
            case
                when is_move and to_wallet = 'Credit Line Wallet'
                then 'pledge'
                when is_move and from_wallet = 'Credit Line Wallet'
                then 'release'
                when is_move
                then 'transfer'
                when is_converted or operation in ('exchange', 'exchangecollateral')
                then 'trade'
                when
                    operation in ('deposit', 'exchangedepositedon', 'topupcrypto')
                    and regexp_matches(words, 'airdrop|interest adjustment')
                then 'income'
                when operation in ('deposit', 'exchangedepositedon', 'topupcrypto')
                then 'deposit'
                when operation in ('withdrawal', 'withdrawexchanged')
                then 'withdrawal'
                when operation = 'withdrawalfee'
                then 'fee'
                when operation in ('interest', 'fixedterminterest', 'interestadditional')
                then case when is_paid then 'interest_payment' else 'income' end
                when operation in ('dividend', 'bonus', 'referralbonus', 'cashback', 'exchangecashback', 'assimilation')
                then 'income'
                when operation in ('withdrawalcredit', 'loanwithdrawal')
                then 'drawdown'
                when operation = 'automaticsellorder' or operation = 'liquidation' and words not like '%repayment%'
                then 'liquidation'
                when is_sold_for_loan
                then 'loan_repayment'
                when operation in ('administrator', 'administrativededuction')
                then 'correction'
            end as event_type
        from transactions
    ),

    routed as (
        select
            *,
            case
                when is_move
                then replace(from_wallet, 'Credit Line Wallet', '@collateral')
                when event_type in ('drawdown', 'interest_payment')
                then '@loan'
                when event_type = 'deposit'
                then '@transit'
                when event_type = 'income'
                then '@income'
                when event_type = 'liquidation' or operation = 'exchangecollateral'
                then '@collateral'
                -- Nobody says from which wallet it was sold: the seed may.
                when operation = 'manualsellorder'
                then 'Manual Sell Order'
                else {{ savings }}
            end as from_label,
            case
                when is_move
                then replace(to_wallet, 'Credit Line Wallet', '@collateral')
                when event_type in ('liquidation', 'loan_repayment')
                then '@loan'
                when event_type in ('interest_payment', 'fee')
                then '@expense'
                -- A gift to another customer of Nexo.
                when event_type = 'correction' or event_type = 'withdrawal' and words like '%transfer to nexo user%'
                then '@suspense'
                when event_type = 'withdrawal'
                then '@transit'
                when operation = 'exchangecollateral'
                then '@collateral'
                else {{ savings }}
            end as to_label,
            event_type in ('withdrawal', 'trade') and fee_asset = left_asset as is_fee_included
        from meant
    )

select
    'nexo' as source,
    'transactions' as entity,
    concat_ws(':', native_id, operation, left_asset) as native_id,
    native_id as group_id,
    occurred_at,
    event_type,
    from_label,
    case
        when is_converted then 'USD' when event_type in ('income', 'deposit') then came_asset else left_asset
    end as from_asset,
    case
        when is_converted
        then usd
        when event_type in ('income', 'deposit')
        then came_quantity
        when is_fee_included
        then left_quantity - coalesce(fee_quantity, 0)
        else left_quantity
    end as from_quantity,
    to_label,
    case
        when is_sold_for_loan
        then 'USD'
        when event_type in ('income', 'deposit', 'trade')
        then came_asset
        else left_asset
    end as to_asset,
    case
        when is_sold_for_loan
        then usd
        when event_type in ('income', 'deposit', 'trade')
        then came_quantity
        when is_fee_included
        then left_quantity - coalesce(fee_quantity, 0)
        else left_quantity
    end as to_quantity,
    case when fee_quantity > 0 then {{ savings }} end as fee_label,
    case when fee_quantity > 0 then fee_asset end as fee_asset,
    nullif(fee_quantity, 0) as fee_quantity,
    -- What is told of a deposit is where it came from: on a chain, the transaction.
    case when event_type = 'deposit' then nullif(regexp_extract(words, '(0x)?[0-9a-f]{64}'), '') end as transfer_hash,
    nullif(regexp_replace(details, '^[a-z]+ / ', ''), '') as note,
    case
        when reason is not null
        then reason
        when operation in ('repayment', 'manualrepayment', 'forcedrepayment')
        then 'incomplete_repayment'
        when event_type is null
        then 'unknown_operation'
    end as reason,
    case when reason is not null then reason_column when event_type is null then 'type' end as reason_column,
    content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from routed
