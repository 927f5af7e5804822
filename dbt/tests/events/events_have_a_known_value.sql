-- An event that was neither stated nor can be priced.
-- Land a price of its asset from that day or before.
{{ config(severity='warn', meta={'owner': 'operator'}) }}
select event_id, occurred_at, source_file, source_row
from {{ ref('events') }}
where value_usd is null
