-- Two sources of one price contradict each other, a price stands out, or a source changed what it means: look before
-- a figure rests on it.
{{ config(severity='warn', meta={'owner': 'operator'}) }}
select asset_id, date, break_kind, price_source, other_source, gap_ratio
from {{ ref('price_breaks') }}
