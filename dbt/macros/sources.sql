{# The landed rows of one table of a source: what every staging model reads. #}
{% macro landed(source_name, table) %}{{ source(source_name, table) }}{% endmacro %}

{# The rows of one kind of staging model over all sources that have it, matched by column name: what a source does not say is null. #}
{% macro union_of_sources(model) %}
    {% for source_name in sources_with(model) %}
    select * from {{ ref('stg_' ~ source_name ~ '__' ~ model) }}
    {{ 'union all by name' if not loop.last }}
    {% endfor %}
{% endmacro %}

{% macro sources_with(model) %}
    {%- set names = [] -%}
    {%- for source_name, parts in var('sources').items() if model in parts.models -%}{%- do names.append(source_name) -%}{%- endfor -%}
    {{ return(names) }}
{% endmacro %}
