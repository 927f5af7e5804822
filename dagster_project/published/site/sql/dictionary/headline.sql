-- One row: how much there is to look up.
select
    plural(count(distinct table_name), 'mart') || ' with ' || plural(count(*), 'column')
    || if(count(*) = count(nullif(comment, '')), ', each described', '') as title,
    'As the published file itself says it. Any of them can be asked in SQL: coffer sql "from disposals".' as lead
from duckdb_columns()
where schema_name = 'marts' and not internal
