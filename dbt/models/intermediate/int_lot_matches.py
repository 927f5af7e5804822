"""One row per movement and lot it took units from, in all books and the money pool; shortfalls have none."""

from dagster_project.lots import match


def model(dbt, session):
    dbt.config(materialized="table")
    return match(dbt.ref("int_movements").to_arrow_table()).matches
