-- Quantities and money are decimals or integers, from file to page: no column of any floor is a float.
-- depends_on: {{ ref('capex_projects') }} {{ ref('disposals') }} {{ ref('fair_value_monthly') }} {{ ref('loan_repayments') }}
-- depends_on: {{ ref('loan_events') }} {{ ref('loan_stress') }}
-- depends_on: {{ ref('loans') }} {{ ref('lots') }} {{ ref('positions_daily') }} {{ ref('price_breaks') }}
-- depends_on: {{ ref('reconciliation') }} {{ ref('rejected_rows') }}
select table_schema, table_name, column_name, data_type
from information_schema.columns
where table_catalog = current_database() and data_type in ('FLOAT', 'DOUBLE', 'REAL')
