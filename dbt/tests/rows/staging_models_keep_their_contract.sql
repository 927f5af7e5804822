-- Staging models deliver the columns of vars.universal_columns, of these types, and no others.
with
    contract as (
        {% for entity, columns in var('universal_columns').items() %}
            {% set outer_loop = loop %}
            {% for name, column in columns.items() %}
                {{ 'union all' if not (loop.first and outer_loop.first) }}
                select
                    '{{ entity }}' as entity,
                    '{{ name }}' as column_name,
                    upper(replace('{{ column.type }}', ' ', '')) as data_type,
                    {{ column.required }} as is_required
            {% endfor %}
        {% endfor %}
    ),

    models as (
        {% for source_name, parts in var('sources').items() %}
            {% set outer_loop = loop %}
            {% for entity in parts.models %}
                {{ 'union all' if not (loop.first and outer_loop.first) }}
                -- {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
                select 'stg_{{ source_name }}__{{ entity }}' as model, '{{ entity }}' as entity
            {% endfor %}
        {% endfor %}
    ),

    delivered as (
        select models.model, models.entity, columns.column_name, columns.data_type
        from models
        left join
            information_schema.columns as columns
            on models.model = columns.table_name
            and columns.table_schema = 'staging'
            and columns.table_catalog = current_database()
    )

select
    delivered.model,
    delivered.column_name,
    case
        when contract.column_name is null
        then
            'unknown column; known: ' || (
                select string_agg(known.column_name, ', ' order by known.column_name)
                from contract as known
                where known.entity = delivered.entity
            )
        else 'is ' || delivered.data_type || ', must be ' || contract.data_type
    end as problem
from delivered
left join contract on delivered.entity = contract.entity and delivered.column_name = contract.column_name
where contract.column_name is null or contract.data_type <> delivered.data_type
union all
select models.model, contract.column_name, 'required column is missing'
from models
inner join contract on models.entity = contract.entity and contract.is_required
where (models.model, contract.column_name) not in (select (delivered.model, delivered.column_name) from delivered)
