{# A schema's name is the floor's name, whatever the target. #}
{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}

{# What every node of a finished run came to. Publishing asks this table, so a build that was killed has none and is never published. #}
{% macro record_checks(results) %}
    {% if execute and flags.WHICH == 'build' %}
        {% set rows = [] %}
        {% for result in results %}
            {% set node = result.node %}
            {% do rows.append("('" ~ [
                node.name,
                node.resource_type,
                result.status,
                (node.config.severity or 'error') | lower,
                result.failures or 0,
                (result.message or '') | replace("'", "''"),
                (node.relation_name or '') | replace("'", "''"),
                (node.config.meta or {}).get('owner', 'maintainer'),
                (node.compiled_code | trim if result.status == 'warn' else '') | replace("'", "''"),
            ] | join("', '") ~ "')") %}
        {% endfor %}
        {% if rows %}
            create schema if not exists audit;
            create or replace table audit.checks as
            select check_name, resource_type, status, severity, failures::bigint as failures, message, relation_name, owner, query
            from (values {{ rows | join(', ') }}) as t (check_name, resource_type, status, severity, failures, message, relation_name, owner, query)
        {% endif %}
    {% endif %}
{% endmacro %}

{# dbt's own version of this macro also writes the statement to target/run/<project>/<path of the node>. For a seed in an absolute folder
   (COFFER_SEEDS) that join is the seed file itself, and the company's facts would be overwritten with SQL. So: everything but the writing. #}
{% macro noop_statement(name=None, message=None, code=None, rows_affected=None, res=None) -%}
    {%- set sql = caller() -%}
    {%- if name is not none -%}
        {{ store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) }}
    {%- endif -%}
{%- endmacro %}
