{# The landed rows of one table of a source: what every staging model reads. A look back at a past day (the variable `known_on`) sees
   only what had landed by its end, UTC; an ordinary night pays nothing for that. Unit tests bring rows of their own. #}
{% macro landed(source_name, table) -%}
    {%- if var('known_on', none) and model.resource_type != 'unit_test' -%}
        (select * from {{ source(source_name, table) }} where landed_at < date '{{ var('known_on') }}' + interval 1 day)
    {%- else -%}
        {{ source(source_name, table) }}
    {%- endif -%}
{%- endmacro %}

{# The rows of one entity over all sources, matched by column name. #}
{% macro union_of_sources(entity) %}
    {% for source_name in var('sources') %}
    select * from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
    {{ 'union all by name' if not loop.last }}
    {% endfor %}
{% endmacro %}
