-- One row per mart.
select tables.table_name as mart, outputs.rows as row_count, coalesce(tables.comment, '') as description, outputs.parquet_sha256
from duckdb_tables() as tables
left join marts_meta.outputs as outputs on tables.table_name = outputs.mart
where tables.schema_name = 'marts'
order by tables.table_name
