-- A disposal without known cost: its coins were never seen to arrive.
-- Land what is missing, or an opening balance.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select disposal_id, quantity, gross_proceeds_usd, source_file, source_row
from {{ ref('disposals') }}
where not is_cost_complete
