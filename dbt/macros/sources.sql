{# The landed rows of one table of a source: what every staging model reads. #}
{% macro landed(source_name, table) %}{{ source(source_name, table) }}{% endmacro %}

{# The rows of one entity over all sources, matched by column name. #}
{% macro union_of_sources(entity) %}
    {% for source_name in var('sources') %}
    select * from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
    {{ 'union all by name' if not loop.last }}
    {% endfor %}
{% endmacro %}
