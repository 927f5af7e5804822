{# The landed rows of one table of a source: what every staging model reads. A look back at a past day (the variable `known_on`) sees
   only what had landed by its end, UTC; an ordinary night pays nothing for that. Unit tests bring rows of their own. #}
{% macro landed(source_name, table) -%}
    {%- if var('known_on', none) and model.resource_type != 'unit_test' -%}
        (select * from {{ source(source_name, table) }} where landed_at < date '{{ var('known_on') }}' + interval 1 day)
    {%- else -%}
        {{ source(source_name, table) }}
    {%- endif -%}
{%- endmacro %}

{# The rows of one kind over all sources that have it, with exactly the columns of vars.universal_columns: what a source leaves out is null.
   The law `staging_models_keep_their_contract` refuses what is not listed there, before anything reads this. #}
{% macro union_of_sources(entity) -%}
    {%- set columns = var('universal_columns')[entity] -%}
    select {{ columns | join(', ') }}
    from (
        select {% for name, column in columns.items() %}null::{{ column.type }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
        where false
        {%- for source_name, parts in var('sources').items() %}
            {%- if entity in parts.models %}
        union all by name
        select * from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
            {%- endif %}
            {%- if entity == 'rows' %}
                {%- for table, event_row in parts.get('readings', {}).items() %}
        union all by name
        select '{{ source_name }}' as source, '{{ table }}' as entity, source_file, source_sha256, source_row,
            {{ event_row }} as event_row, ignored_reason, landed_at
        from {{ ref('stg_' ~ source_name ~ '__' ~ table) }}
                {%- endfor %}
            {%- endif %}
        {%- endfor %}
    ) as rows_of_sources
{%- endmacro %}

{# The rows of `relation` (source, entity, source_sha256, source_row) as they were landed, each as one JSON text. #}
{% macro raw_rows_of(relation) %}
    {% for source_name, parts in var('sources').items() %}
        {% set outer_loop = loop %}
        {% for table in parts.tables %}
            {% if not (loop.first and outer_loop.first) %}union all{% endif %}
            select
                '{{ source_name }}' as source,
                '{{ table }}' as entity,
                rows_as_landed.source_sha256,
                rows_as_landed.source_row,
                {{ row_as_json('rows_as_landed') }} as raw_row
            from {{ landed(source_name, table) }} as rows_as_landed
            inner join {{ relation }} as wanted
                on
                    rows_as_landed.source_sha256 = wanted.source_sha256
                    and rows_as_landed.source_row = wanted.source_row
                    and wanted.source = '{{ source_name }}'
                    and wanted.entity = '{{ table }}'
        {% endfor %}
    {% endfor %}
{% endmacro %}

{# Our account behind a label, which is what a source's file calls an account (seeds/source_accounts.csv): the joins, and what they found. A
   label that the seed names goes before `*`; roles (`@transit`) are never meant by `*`. #}
{% macro label_joins(relation, label) %}
    left join {{ ref('int_source_accounts') }} as {{ label }}_named
        on {{ relation }}.source = {{ label }}_named.source and {{ relation }}.source_file = {{ label }}_named.source_file and {{ relation }}.{{ label }} = {{ label }}_named.label
    left join {{ ref('int_source_accounts') }} as {{ label }}_any
        on
            {{ relation }}.source = {{ label }}_any.source
            and {{ relation }}.source_file = {{ label }}_any.source_file
            and {{ label }}_any.label = '*'
            and {{ relation }}.{{ label }} not like '@%'
{% endmacro %}
{% macro of_label(label, column) %}coalesce({{ label }}_named.{{ column }}, {{ label }}_any.{{ column }}){% endmacro %}

{# Null where every label that a row has is known; `label_reason_column` is the line of the seed that is missing. #}
{% macro label_reason(relation, labels) -%}
    case
        {%- for label in labels %}
        when {{ relation }}.{{ label }} is not null and {{ of_label(label, 'account_id') }} is null
            then {{ relation }}.source || ',' || {{ relation }}.source_file || ',' || {{ relation }}.{{ label }} || ',<account_id>'
        {%- endfor %}
    end as label_reason_column,
    case when label_reason_column is not null then 'unknown_label' end as label_reason
{%- endmacro %}

{# An asset's name here, where the source has a name of its own for it (seeds/asset_aliases.csv). #}
{% macro alias_join(relation, asset) %}
    left join {{ ref('int_asset_aliases') }} as {{ asset }}_alias on {{ relation }}.source = {{ asset }}_alias.source and {{ relation }}.{{ asset }} = {{ asset }}_alias.alias
{% endmacro %}
{% macro of_alias(relation, asset) %}coalesce({{ asset }}_alias.asset_id, {{ relation }}.{{ asset }}){% endmacro %}
