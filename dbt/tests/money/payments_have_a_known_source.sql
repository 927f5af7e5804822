-- A payment out of money that nobody has seen coming in.
-- Land the missing receipts, or leave it unattributed.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select company_id, use_id, use_kind, amount_usd
from {{ ref('proceeds_uses') }}
where inflow_kind = 'unattributed'
