-- Lots that were named after the disposal, or nobody knows when, do not count (Reg. 1.1012-1(j)): the method's own
-- order was used.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select event_id, occurred_at, identified_at, source_file, source_row
from {{ ref('events') }}
where lot_picks is not null and (identified_at is null or identified_at > occurred_at)
