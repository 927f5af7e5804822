-- One row per version of a row that a later landing replaced, with the version that replaced it.
{% set compared = {
    'events': [
        'company_id', 'occurred_at', 'event_type', 'from_account', 'from_asset', 'from_quantity', 'to_account', 'to_asset', 'to_quantity',
        'fee_account', 'fee_asset', 'fee_quantity', 'value_usd', 'lot_picks', 'identified_at', 'group_id', 'transfer_hash', 'is_illustrative', 'source_url', 'note',
    ],
    'prices': ['price', 'convention'],
    'balances': ['quantity', 'source_url'],
} %}
with
    {% for entity, columns in compared.items() %}
        {{ entity }}_versions as (
            select
                versions.*,
                lead(versions.landed_at) over (
                    partition by {{ row_id('versions', entity) }} order by versions.landed_at
                ) as replaced_at
            from {{ ref('int_' ~ entity ~ '_checked') }} as versions
            where
                versions.row_status in ('accepted', 'restated')
                and {{ row_id('versions', entity) }} in (
                    select {{ row_id('replaced', entity) }}
                    from {{ ref('int_' ~ entity ~ '_checked') }} as replaced
                    where replaced.row_status = 'restated'
                )
        ),

        {{ entity }} as (
            select
                before.source,
                before.entity,
                {{ id_text('before', entity) }} as native_id,
                {{ 'before.company_id' if entity == 'events' else 'null::varchar as company_id' }},
                before.{{ entities()[entity].at }}{{ ' as occurred_at' if entity != 'events' }},
                concat_ws(
                    '; ',
                    {% for column in columns %}
                        case
                            when before.{{ column }} is distinct from after.{{ column }}
                            then
                                '{{ column }}: '
                                || {{ as_written('before.' ~ column) }}
                                || ' → '
                                || {{ as_written('after.' ~ column) }}
                        end{{ ',' if not loop.last }}
                    {% endfor %}
                ) as changes,
                {% for version in ['before', 'after'] %}
                    {{ value_of(version) if entity == 'events' else 'null' }} as {{ version }}_value_usd,
                {% endfor %}
                before.source_file,
                before.source_sha256,
                before.source_row,
                before.landed_at,
                after.source_file as new_source_file,
                after.source_sha256 as new_source_sha256,
                after.source_row as new_source_row,
                after.landed_at as new_landed_at
            from {{ entity }}_versions as before
            inner join
                {{ entity }}_versions as after
                on {{ row_id('before', entity) }} = {{ row_id('after', entity) }}
                and before.replaced_at = after.landed_at
        ){{ ',' if not loop.last }}
    {% endfor %}

{% for entity in compared %}
        {{ 'union all' if not loop.first }}
    select
        source,
        entity,
        native_id,
        company_id,
        occurred_at,
        coalesce(nullif(changes, ''), 'nothing but how its source writes it') as changes,
        before_value_usd,
        after_value_usd,
        source_file,
        source_sha256,
        source_row,
        landed_at,
        new_source_file,
        new_source_sha256,
        new_source_row,
        new_landed_at
    from {{ entity }}
{% endfor %}
