-- Rows were refused. They are listed with file, row and reason, and come in by themselves once their cause is mended.
{{ config(severity='warn') }}
select message from {{ ref('rejected_rows') }}
