-- Per file: rows landed = rows accepted + rows rejected + declared duplicates + rows that a later landing restated. Nothing is lost between
-- the inbox and the marts.
with judged as (
    {% for entity in ['events', 'prices', 'balances'] %}
        {% if not loop.first %}union all{% endif %}
        select
            source_sha256,
            source_file,
            count(*) as rows_judged
        from {{ ref('int_' ~ entity ~ '_checked') }}
        where row_status in ('accepted', 'rejected', 'duplicate', 'restated')
        group by all
    {% endfor %}
),

refused as (
    select
        source_sha256,
        source_file,
        count(*) as rows_refused
    from {{ landed('landing', 'rejected_rows') }}
    group by all
)

select
    files.source_file,
    files.rows_landed,
    judged.rows_judged,
    refused.rows_refused
from {{ landed('landing', 'files') }} as files
left join judged on files.source_sha256 = judged.source_sha256 and files.source_file = judged.source_file
left join refused on files.source_sha256 = refused.source_sha256 and files.source_file = refused.source_file
where
    files.status = 'accepted'
    and files.rows_landed <> coalesce(judged.rows_judged, 0) + coalesce(refused.rows_refused, 0)
