"""One row per movement of coins and lot it took units from, and per pool and lot what is left."""

from dagster_project.lots import MOVEMENTS, answer, match

BATCH_ROWS = 100_000


def model(dbt, session):
    dbt.config(materialized="table")
    movements = dbt.ref("int_coin_movements").project(", ".join(MOVEMENTS.names))
    picks = dbt.ref("int_lot_picks").to_arrow_table()
    return answer(match(movements.to_arrow_reader(BATCH_ROWS), picks))
