-- A statement that says something else than the ledger: a break, to be explained or mended.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select company_id, account_id, asset_id, as_of, statement, difference_quantity
from {{ ref('reconciliation') }}
where status = 'break'
