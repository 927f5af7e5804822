"""One row per movement of stablecoins and lot it took units from, and per pool and lot what is left."""

from dagster_project.lots import MOVEMENTS, answer, match


def model(dbt, session):
    dbt.config(materialized="table")
    movements = dbt.ref("int_stablecoin_movements").project(", ".join(MOVEMENTS.names))
    return answer(match(movements.to_arrow_table()))
