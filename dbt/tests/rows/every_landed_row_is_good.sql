-- Rows were refused.
-- They are listed with file, row and reason, and come in by themselves once their cause is mended.
{{ config(severity='warn', meta={'owner': 'operator'}) }} select message from {{ ref('rejected_rows') }}
