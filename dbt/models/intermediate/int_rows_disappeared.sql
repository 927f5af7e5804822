-- One row per accepted row that a later delivery of the file of that name leaves out, though it covers its time.
-- All rows of ids that came in a file whose name was delivered more than once.
with delivered as (
    {% for entity in entities() %}
        {% set id = 'source, ' ~ entities()[entity].id | join(', ') %}
        {{ 'union all' if not loop.first }}
        select
            source,
            '{{ entity }}' as entity,
            {{ id_text('checked', entity) }} as native_id,
            {{ 'company_id' if entity == 'events' else 'null' }} as company_id,
            {{ entities()[entity].at }} as occurred_at,
            row_status,
            source_file,
            source_sha256,
            source_row,
            landed_at
        from {{ ref('int_' ~ entity ~ '_checked') }} as checked
        where ({{ id }}) in (
            select ({{ id }})
            from {{ ref('int_' ~ entity ~ '_checked') }}
            where source_file in (
                select source_file
                from {{ landed('landing', 'files') }}
                where status = 'accepted' and entity = '{{ entity }}'
                group by source_file
                having count(*) > 1
            )
        )
    {% endfor %}
),

-- Names are used again for other contents: only a delivery that repeats something is one of the same list, and it covers the time
-- from its first row to its last, or, where it brings nothing new, from its first row on.
deliveries as (
    select
        source,
        entity,
        source_file,
        source_sha256,
        landed_at,
        min(occurred_at) as covered_from,
        case when bool_or(is_new) then max(occurred_at) else timestamp 'infinity' end as covered_until
    from (
        select
            *,
            landed_at = min(landed_at) over (partition by source, entity, source_file, native_id) as is_new
        from delivered
    ) as compared
    group by all
    having not bool_and(is_new)
),

last_seen as (
    select
        source,
        entity,
        native_id,
        max(landed_at) as last_landed_at
    from delivered
    group by all
)

select
    held.source,
    held.entity,
    held.native_id,
    held.company_id,
    held.occurred_at,
    held.source_file,
    held.source_sha256,
    held.source_row,
    held.landed_at,
    deliveries.source_file as new_source_file,
    deliveries.source_sha256 as new_source_sha256,
    deliveries.landed_at as new_landed_at
from delivered as held
inner join last_seen
    on held.source = last_seen.source
        and held.entity = last_seen.entity
        and held.native_id = last_seen.native_id
inner join deliveries
    on held.source = deliveries.source
        and held.entity = deliveries.entity
        and held.source_file = deliveries.source_file
        and deliveries.landed_at > last_seen.last_landed_at
        and held.occurred_at between deliveries.covered_from and deliveries.covered_until
where held.row_status = 'accepted'
qualify row_number() over (partition by held.source, held.entity, held.native_id order by deliveries.landed_at) = 1
