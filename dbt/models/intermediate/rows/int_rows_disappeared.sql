-- One row per accepted row that a later delivery of the file of that name leaves out, though it covers its time.
-- All rows of ids that came in a file whose name was delivered more than once.
with
    names as (
        select entity, source_file
        from {{ landed('landing', 'files') }}
        where status = 'accepted'
        group by entity, source_file
        having count(*) > 1
    ),

    delivered as (
        {% for entity in entities() %}
            {{ 'union all' if not loop.first }}
            select
                checked.source,
                checked.entity,
                {{ id_text('checked', entity) }} as native_id,
                {{ 'checked.company_id' if entity == 'events' else 'null::varchar as company_id' }},
                checked.{{ entities()[entity].at }}{{ ' as occurred_at' if entity != 'events' }},
                checked.row_status,
                checked.source_file,
                checked.source_sha256,
                checked.source_row,
                checked.landed_at
            from {{ ref('int_' ~ entity ~ '_checked') }} as checked
            where
                {{ row_id('checked', entity) }} in (
                    select {{ row_id('repeated', entity) }}
                    from {{ ref('int_' ~ entity ~ '_checked') }} as repeated
                    inner join names on repeated.source_file = names.source_file and repeated.entity = names.entity
                )
        {% endfor %}
    ),

    -- Names are used again for other contents: only a delivery that repeats something is one of the same list, and it
    -- covers the time from its first row to its last, or, where it brings nothing new, from its first row on.
    deliveries as (
        select
            source,
            entity,
            source_file,
            source_sha256,
            landed_at,
            min(occurred_at) as covered_from,
            case when bool_or(is_new) then max(occurred_at) else timestamp 'infinity' end as covered_until
        from
            (
                select
                    *, landed_at = min(landed_at) over (partition by source, entity, source_file, native_id) as is_new
                from delivered
            ) as compared
        group by all
        having not bool_and(is_new)
    ),

    last_seen as (select source, entity, native_id, max(landed_at) as last_landed_at from delivered group by all)

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
inner join
    last_seen
    on held.source = last_seen.source
    and held.entity = last_seen.entity
    and held.native_id = last_seen.native_id
inner join
    deliveries
    on held.source = deliveries.source
    and held.entity = deliveries.entity
    and held.source_file = deliveries.source_file
    and held.occurred_at between deliveries.covered_from and deliveries.covered_until
    and last_seen.last_landed_at < deliveries.landed_at
where held.row_status = 'accepted'
qualify row_number() over (partition by held.source, held.entity, held.native_id order by deliveries.landed_at) = 1
