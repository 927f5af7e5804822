"""One row per movement of stablecoins and lot it took units from, and per pool and lot what is left."""

import pyarrow as pa

from dagster_project.lots import MOVEMENTS, match


def model(dbt, session):
    dbt.config(materialized="table")
    movements = dbt.ref("int_stablecoin_movements").project(", ".join(MOVEMENTS.names))
    matched = match(movements.to_arrow_table())
    left = matched.open_lots.rename_columns({"quantity_left": "quantity", "cost_left": "cost"})
    return pa.concat_tables([matched.matches, left], promote_options="default")
