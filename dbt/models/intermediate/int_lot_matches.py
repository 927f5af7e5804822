"""One row per movement and lot it took units from (a shortfall has no lot): the engine's answer for all books and the money pool."""

from dagster_project.lots import match


def model(dbt, session):
    dbt.config(materialized="table")
    return match(dbt.ref("int_movements").to_arrow_table()).matches
