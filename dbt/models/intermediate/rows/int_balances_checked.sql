-- One row per landed balance row of any source, with its status: accepted, restated, rejected or duplicate.
-- Restated: a later landing says something else.
with
    told as ({{ union_of_sources('balances') }}),

    landed as (
        select
            told.* replace (
                coalesce(told.account_id, {{ of_label('label', 'account_id') }}) as account_id,
                {{ of_alias('told', 'asset_id') }} as asset_id
            ),
            {{ label_reason('told', ['label']) }}
        from told {{ label_joins('told', 'label') }} {{ alias_join('told', 'asset_id') }}
    ),

    checks as (
        select
            landed.*,
            {{ missing_reason('landed', ['account_id', 'asset_id', 'as_of', 'quantity']) }},
            case when accounts.account_id is null then 'unknown_account' end as account_reason,
            case when assets.asset_id is null then 'unknown_asset' end as asset_reason
        from landed
        left join {{ ref('accounts') }} as accounts on landed.account_id = accounts.account_id
        left join {{ ref('assets') }} as assets on landed.asset_id = assets.asset_id
    ),

    judged as (
        select
            checks.* exclude (
                reason,
                reason_column,
                label,
                label_reason,
                label_reason_column,
                missing_reason,
                missing_column,
                account_reason,
                asset_reason
            ),
            {{ first_reason([
            ('', 'checks.reason'),
            ('', 'checks.label_reason'),
            ('', 'checks.missing_reason'),
            ('account_id', 'account_reason'),
            ('asset_id', 'asset_reason'),
        ]) }}
        from checks
    )

    -- A statement that arrives after a period was closed changes no figure of it, so it is never too late.
    {{ with_row_status('judged', 'balances') }}
