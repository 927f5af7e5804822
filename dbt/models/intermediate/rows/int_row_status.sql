-- One row per landed row that could be read as one: accepted, restated, rejected, duplicate or ignored, and why.
-- A row of an event shares its status.
with
    source_rows as ({{ union_of_sources('rows') }}),

    checked_rows as (
        {% for entity in ['events', 'prices', 'balances'] %}
            {% if not loop.first %}
                union all
            {% endif %}
            select
                source,
                entity,
                source_file,
                source_sha256,
                source_row,
                row_status,
                reason,
                reason_column,
                landed_at,
                source in (select source_rows.source from source_rows) as is_of_rows
            from {{ ref('int_' ~ entity ~ '_checked') }}
        {% endfor %}
    ),

    -- Where rows are not events one to one: an event stands at the first of its rows, and one row may be several
    -- events, or a balance too.
    of_events as (
        select
            source,
            entity,
            source_file,
            source_sha256,
            source_row,
            case when bool_or(row_status = 'rejected') then 'rejected' else min(row_status) end as row_status,
            arg_min(reason, reason_column) as reason,
            arg_min(reason_column, reason_column) as reason_column
        from checked_rows
        where is_of_rows
        group by all
    )

select source, entity, source_file, source_sha256, source_row, row_status, reason, reason_column, landed_at
from checked_rows
where not is_of_rows
union all
select
    source_rows.source,
    source_rows.entity,
    source_rows.source_file,
    source_rows.source_sha256,
    source_rows.source_row,
    case when source_rows.ignored_reason is not null then 'ignored' else of_events.row_status end as row_status,
    coalesce(source_rows.ignored_reason, of_events.reason) as reason,
    of_events.reason_column,
    source_rows.landed_at
from source_rows
left join
    of_events
    on source_rows.source = of_events.source
    and source_rows.entity = of_events.entity
    and source_rows.source_sha256 = of_events.source_sha256
    and source_rows.source_file = of_events.source_file
    and source_rows.event_row = of_events.source_row
