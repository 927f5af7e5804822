"""One row per movement and lot it took units from, in all books, and per pool and lot what is left."""

import pyarrow as pa

from dagster_project.lots import MOVEMENTS, PRO_RATA, match, match_pro_rata


def model(dbt, session):
    dbt.config(materialized="table")
    movements = dbt.ref("int_movements")
    picks = dbt.ref("int_lot_picks").to_arrow_table()
    shared = [
        pool
        for (pool,) in movements.filter(f"method = '{PRO_RATA}'").project("pool_id").distinct().fetchall()
    ]
    parts = []
    for is_shared, matcher in (False, match), (True, match_pro_rata):
        here = movements.filter(f"{'' if is_shared else 'not'} list_contains({shared}::varchar[], pool_id)")
        matched = matcher(here.project(", ".join(MOVEMENTS.names)).order("sequence").to_arrow_table(), picks)
        left = matched.open_lots.rename_columns({"quantity_left": "quantity", "cost_left": "cost"})
        parts += [matched.matches, left]
    return pa.concat_tables(parts, promote_options="default").unify_dictionaries()
