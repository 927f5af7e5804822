-- Quantities and money are decimals or integers, from file to page: no column of any floor is a float.
-- depends_on: {{ ref('disposals') }} {{ ref('loans_daily') }} {{ ref('fair_value_monthly') }} {{ ref('capex_projects') }} {{ ref('reconciliation') }} {{ ref('positions_daily') }} {{ ref('rejected_rows') }} {{ ref('loan_repayments') }} {{ ref('loans') }}
select table_schema, table_name, column_name, data_type
from information_schema.columns
where table_catalog = current_database() and data_type in ('FLOAT', 'DOUBLE', 'REAL')
