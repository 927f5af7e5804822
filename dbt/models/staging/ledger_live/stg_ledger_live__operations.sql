-- One row per landed operation, read strictly, with the reason why it is no event, if it is none.
with
    readings as (
        select
            *,
            {{ text_value('account_name') }} as label,
            upper({{ text_value('operation_type') }}) as operation,
            coalesce(lower({{ text_value('status') }}), 'confirmed') as fate,
            {{ text_value('operation_hash') }} as transfer_hash,
            -- Whose operation it is, whatever the account is called today, without telling its key.
            left(
                md5(
                    lower(
                        coalesce(
                            nullif(
                                regexp_extract(
                                    concat_ws(' ', account_xpub, account_id), '[xyz]pub[0-9A-Za-z]+|0x[0-9A-Fa-f]{40}'
                                ),
                                ''
                            ),
                            account_xpub,
                            account_id,
                            account_name,
                            ''
                        )
                    )
                ),
                8
            ) as account_key,
            {{ time_value('operation_date') }} as occurred_at,
            {{ asset_value('currency_ticker') }} as asset,
            {{ number_value('operation_amount') }} as amount,
            coalesce({{ number_value('operation_fees') }}, 0) as fees,
            {{ time_reason('operation_date') }} as time_reason,
            {{ number_reason('operation_amount') }} as amount_reason,
            {{ number_reason('operation_fees') }} as fees_reason
        from {{ landed('ledger_live', 'operations') }}
    ),

    meant as (
        select
            *,
            case
                when operation = 'IN'
                then 'deposit'
                when operation in ('REWARD', 'REWARD_PAYOUT')
                then 'staking_reward'
                -- A call of a contract sends nothing; one that failed costs its fee.
                when operation = 'OUT' and fate = 'confirmed' and amount <> fees
                then 'withdrawal'
                when operation in ('OUT', 'FEES', 'REVEAL', 'APPROVE', 'OPT_IN', 'OPT_OUT', 'ASSOCIATE_TOKEN')
                then 'fee'
                -- Coins that are staked stay the account's: what it costs is the fee.
                when
                    operation in (
                        'DELEGATE',
                        'UNDELEGATE',
                        'REDELEGATE',
                        'BOND',
                        'UNBOND',
                        'WITHDRAW_UNBONDED',
                        'NOMINATE',
                        'CHILL',
                        'STAKE',
                        'UNSTAKE',
                        'WITHDRAW_UNSTAKED',
                        'FREEZE',
                        'UNFREEZE',
                        'VOTE'
                    )
                then 'fee'
            end as event_type
        from readings
    )

select
    label,
    operation,
    transfer_hash,
    account_key,
    occurred_at,
    asset,
    event_type,
    case
        when event_type = 'withdrawal'
        then amount - fees
        when event_type = 'fee' and operation <> 'FEES'
        then fees
        else amount
    end as moved,
    case when event_type = 'withdrawal' then nullif(fees, 0) end as fee_quantity,
    case
        when amount_reason is not null or fees_reason is not null
        then null
        when fate <> 'confirmed' and (event_type is distinct from 'fee' or moved = 0)
        then 'failed'
        when event_type = 'fee' and moved = 0
        then 'nothing_moved'
    end as ignored_reason,
    {{ first_reason([
        ('operation_date', 'time_reason'),
        ('operation_amount', 'amount_reason'),
        ('operation_fees', 'fees_reason'),
        ('operation_type', "case when event_type is null then 'unknown_operation' end"),
    ]) }},
    {{ content_hash(['operation_date', 'asset', 'fate', 'coalesce(amount::varchar, operation_amount)', 'fees::varchar']) }}
    as content_hash,
    source_file,
    source_sha256,
    source_row,
    landed_at
from meant
