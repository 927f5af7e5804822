-- One row per event of any landed file, with its status: accepted, restated, rejected (and why) or duplicate.
-- Restated: a later landing says something else.
with
    source_rows as ({{ union_of_sources('events') }}),

    -- In our names: venues speak of labels and of assets by names of their own. What `trade` means depends on the
    -- assets, `payment` on the accounts.
    landed as (
        select
            source_rows.* replace (
                {% for side in ['from', 'to', 'fee'] %}
                    coalesce(
                        source_rows.{{ side }}_account, {{ of_label(side ~ '_label', 'account_id') }}
                    ) as {{ side }}_account,
                    {{ of_alias('source_rows', side ~ '_asset') }} as {{ side }}_asset,
                    {{ in_whole_units('source_rows.' ~ side ~ '_quantity', side ~ '_known', 'source_rows.' ~ side ~ '_label') }}
                    as {{ side }}_quantity,
                {% endfor %}
                coalesce(
                    source_rows.company_id,
                    {{ of_label('from_label', 'company_id') }},
                    {{ of_label('to_label', 'company_id') }}
                ) as company_id,
                coalesce(
                    source_rows.is_illustrative,
                    {{ of_label('from_label', 'is_illustrative') }},
                    {{ of_label('to_label', 'is_illustrative') }},
                    false
                ) as is_illustrative
            ),
            {{ label_reason('source_rows', ['from_label', 'to_label', 'fee_label']) }}
        from source_rows
        {% for side in ['from', 'to', 'fee'] %}
                {{ label_joins('source_rows', side ~ '_label') }}
                {{ alias_join('source_rows', side ~ '_asset') }}
            left join
                {{ ref('int_assets') }} as {{ side }}_known
                on {{ of_alias('source_rows', side ~ '_asset') }} = {{ side }}_known.asset_id
        {% endfor %}
    ),

    checks as (
        select
            landed.* replace (
                case
                    when landed.event_type = 'trade'
                    then {{ trade_type('from_assets.asset_class', 'to_assets.asset_class') }}
                    when landed.event_type = 'payment'
                    then {{ payment_type('from_accounts.kind', 'to_accounts.kind') }}
                    else landed.event_type
                end as event_type
            ),
            {{ missing_reason('landed', [
            'native_id', 'company_id', 'occurred_at', 'event_type', 'from_account', 'from_asset', 'from_quantity', 'to_account', 'to_asset', 'to_quantity',
        ]) }},
            case when companies.company_id is null then 'unknown_company' end as unknown_company,
            case
                when event_types.event_type is null and landed.event_type not in ('trade', 'payment')
                then 'unknown_type'
            end as unknown_type,
            {% for side in ['from', 'to', 'fee'] %}
                case
                    when landed.{{ side }}_account is null
                    then null
                    when {{ side }}_accounts.account_id is null
                    then 'unknown_account'
                    when {{ side }}_accounts.company_id <> landed.company_id
                    then 'account_of_another_company'
                end as {{ side }}_account_reason,
                case
                    when landed.{{ side }}_asset is not null and {{ side }}_assets.asset_id is null then 'unknown_asset'
                end as {{ side }}_asset_reason,
                {{ quantity_reason('landed.' ~ side ~ '_quantity', side ~ '_assets') }} as {{ side }}_value_reason,
            {% endfor %}
            case
                when
                    (landed.fee_account is null) <> (landed.fee_quantity is null)
                    or (landed.fee_asset is null) <> (landed.fee_quantity is null)
                then 'missing_value'
            end as fee_reason,
            case
                when landed.value_usd <= 0
                then 'not_positive'
                when {{ is_too_much('landed.value_usd') }}
                then 'out_of_range'
                -- As exact as quantities: what a company writes itself is not rounded, what a venue states is.
                when
                    coalesce(landed.from_label, landed.to_label) is null
                    and landed.value_usd <> round(landed.value_usd, 2)
                then 'too_precise'
            end as value_reason,
            case
                when landed.from_asset = landed.to_asset and landed.from_quantity <> landed.to_quantity
                then 'unbalanced_transfer'
            end as balance_reason,
            case
                when landed.from_account = landed.to_account and landed.from_asset = landed.to_asset then 'same_account'
            end as route_reason,
            case
                when landed.lot_picks is null
                then null
                when
                    not regexp_matches(
                        landed.lot_picks, '^[^;]+:[0-9]{1,17}([.][0-9]{1,18})?(;[^;]+:[0-9]{1,17}([.][0-9]{1,18})?)*$'
                    )
                then 'bad_lot_picks'
                when regexp_matches(landed.lot_picks, ':0+([.]0+)?(;|$)')
                then 'not_positive'
                when regexp_matches(landed.lot_picks, ':[0-9]+[.][0-9]{' || from_assets.decimals || '}[0-9]*[1-9]')
                then 'too_precise'
            end as picks_reason
        from landed
        left join {{ ref('companies') }} as companies on landed.company_id = companies.company_id
        left join {{ ref('int_event_types') }} as event_types on landed.event_type = event_types.event_type
        {% for side in ['from', 'to', 'fee'] %}
            left join
                {{ ref('accounts') }} as {{ side }}_accounts
                on landed.{{ side }}_account = {{ side }}_accounts.account_id
            left join
                {{ ref('int_assets') }} as {{ side }}_assets on landed.{{ side }}_asset = {{ side }}_assets.asset_id
        {% endfor %}
    ),

    checked as (
        select
            checks.* exclude (
                reason,
                reason_column,
                from_label,
                to_label,
                fee_label,
                label_reason,
                label_reason_column,
                missing_reason,
                missing_column,
                unknown_company,
                unknown_type,
                fee_reason,
                value_reason,
                balance_reason,
                route_reason,
                picks_reason,
                from_account_reason,
                to_account_reason,
                fee_account_reason,
                from_asset_reason,
                to_asset_reason,
                fee_asset_reason,
                from_value_reason,
                to_value_reason,
                fee_value_reason
            ),
            {{ first_reason([
            ('', 'checks.reason'),
            ('', 'checks.label_reason'),
            ('', 'checks.missing_reason'),
            ('company_id', 'unknown_company'),
            ('event_type', 'unknown_type'),
            ('from_account', 'from_account_reason'),
            ('to_account', 'to_account_reason'),
            ('fee_account', 'fee_account_reason'),
            ('from_asset', 'from_asset_reason'),
            ('to_asset', 'to_asset_reason'),
            ('fee_asset', 'fee_asset_reason'),
            ('from_quantity', 'from_value_reason'),
            ('to_quantity', 'to_value_reason'),
            ('fee_quantity', 'fee_value_reason'),
            ('fee_quantity', 'fee_reason'),
            ('value_usd', 'value_reason'),
            ('to_quantity', 'balance_reason'),
            ('to_account', 'route_reason'),
            ('lot_picks', 'picks_reason'),
        ]) }}
        from checks
    ),

    late as ({{ landed_too_late('checked', 'events', ref('int_closed_periods')) }})

    {{ with_row_status('checked', 'events', 'late') }}
