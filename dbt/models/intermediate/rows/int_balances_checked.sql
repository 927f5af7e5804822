-- One row per landed balance row of any source, with its status: accepted, restated, rejected or duplicate.
-- Restated: a later landing says something else.
with
    source_rows as ({{ union_of_sources('balances') }}),

    landed as (
        select
            source_rows.* replace (
                coalesce(source_rows.account_id, {{ of_label('label', 'account_id') }}) as account_id,
                {{ of_alias('source_rows', 'asset_id') }} as asset_id
            ),
            {{ label_reason('source_rows', ['label']) }}
        from source_rows {{ label_joins('source_rows', 'label') }} {{ alias_join('source_rows', 'asset_id') }}
    ),

    checks as (
        select
            landed.*,
            {{ missing_reason('landed', ['account_id', 'asset_id', 'as_of', 'quantity']) }},
            case when accounts.account_id is null then 'unknown_account' end as account_reason,
            case when assets.asset_id is null then 'unknown_asset' end as asset_reason
        from landed
        left join {{ ref('accounts') }} as accounts on landed.account_id = accounts.account_id
        left join {{ ref('int_assets') }} as assets on landed.asset_id = assets.asset_id
    ),

    checked as (
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
    {{ with_row_status('checked', 'balances') }}
