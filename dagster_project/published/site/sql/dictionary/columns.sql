-- One row per mart and column, as the published file describes it.
select
    columns.table_name as mart,
    columns.column_name as name,
    columns.data_type as type,
    coalesce(columns.comment, '') as description
from duckdb_columns() as columns
where columns.schema_name = 'marts' and not columns.internal
order by columns.table_name, columns.column_index
