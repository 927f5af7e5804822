-- A file of the last week has less than a tenth of the rows that its folder's earlier files usually have: an export
-- that was cut short.
{{ config(severity='warn', meta={'owner': 'operator'}) }}
with
    sized as (
        select
            source_file,
            entity,
            rows_landed,
            landed_at,
            max(landed_at) over () as last_landed_at,
            quantile_disc(rows_landed, 0.5) over earlier as usual_rows,
            count(*) over earlier as earlier_files
        from {{ ref('files') }}
        window
            earlier as (
                partition by source, entity, regexp_replace(source_file, '[^/]*$', '')
                order by landed_at
                range between unbounded preceding and interval 1 second preceding
            )
    )

select source_file, entity, rows_landed, usual_rows
from sized
where rows_landed * 10 < usual_rows and earlier_files >= 3 and landed_at > last_landed_at - interval 7 day
