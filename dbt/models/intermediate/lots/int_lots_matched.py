"""One row per movement and lot it took units from, in all books, and per pool and lot what is left."""

import pyarrow as pa

from dagster_project.lots import MOVEMENTS, PRO_RATA, match, match_pro_rata

BATCH_ROWS = 100_000


def model(dbt, session):
    dbt.config(materialized="table")
    movements = dbt.ref("int_movements")
    picks = dbt.ref("int_lot_picks").to_arrow_table()
    shared = [
        pool
        for (pool,) in movements.filter(f"method = '{PRO_RATA}'").project("pool_id").distinct().fetchall()
    ]
    is_shared = f"list_contains({shared}::varchar[], pool_id)"
    columns = ", ".join(MOVEMENTS.names)
    ranked = movements.filter(f"not {is_shared}").project(columns).to_arrow_reader(BATCH_ROWS)
    in_proportion = movements.filter(is_shared).project(columns)
    parts = []
    for matched in match(ranked, picks), match_pro_rata(in_proportion.to_arrow_table(), picks):
        left = matched.open_lots.rename_columns({"quantity_left": "quantity", "cost_left": "cost"})
        parts += [matched.matches, left]
    return pa.concat_tables(parts, promote_options="default").unify_dictionaries()
