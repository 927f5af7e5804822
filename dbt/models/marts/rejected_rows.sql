-- One row per refused row of an accepted file: where it stands, why it was refused, what to do, and the row as it was.
with refused as (
    {% for entity in ['events', 'prices', 'balances'] %}
        {% if not loop.first %}union all{% endif %}
        select
            source,
            '{{ entity }}' as entity,
            source_file,
            source_sha256,
            source_row,
            reason,
            {{ rejection_message() }} as message,
            landed_at
        from {{ ref('int_' ~ entity ~ '_checked') }}
        where row_status = 'rejected'
    {% endfor %}
),

raw_rows as (
    {% for source_name in var('sources') %}
        {% set outer_loop = loop %}
        {% for entity in ['events', 'prices', 'balances'] %}
            {% if not (loop.first and outer_loop.first) %}union all{% endif %}
            select
                rows_as_landed.source_sha256,
                rows_as_landed.source_row,
                {{ row_as_json('rows_as_landed') }} as raw_row
            from {{ source(source_name, entity) }} as rows_as_landed
            inner join refused on rows_as_landed.source_sha256 = refused.source_sha256 and rows_as_landed.source_row = refused.source_row
        {% endfor %}
    {% endfor %}
)

select
    refused.source,
    refused.entity,
    refused.source_file,
    refused.source_sha256,
    refused.source_row,
    refused.reason,
    refused.message,
    raw_rows.raw_row,
    refused.landed_at
from refused
left join raw_rows on refused.source_sha256 = raw_rows.source_sha256 and refused.source_row = raw_rows.source_row
union all
select
    source,
    entity,
    source_file,
    source_sha256,
    source_row,
    reason,
    message,
    raw_row,
    landed_at
from {{ source('landing', 'rejected_rows') }}
