"""One row per movement of money and inflow it took cents from, and per inflow what is unspent."""

from dagster_project.lots import MOVEMENTS, PRO_RATA, answer, match, match_pro_rata

BATCH_ROWS = 100_000


def model(dbt, session):
    dbt.config(materialized="table")
    movements = dbt.ref("int_money_movements")
    picks = dbt.ref("int_money_picks").to_arrow_table()
    in_proportion = movements.filter(f"method = '{PRO_RATA}'").project("pool_id").distinct().fetchall()
    is_shared = f"list_contains({[pool for (pool,) in in_proportion]}::varchar[], pool_id)"
    columns = ", ".join(MOVEMENTS.names)
    ranked = match(movements.filter(f"not {is_shared}").project(columns).to_arrow_reader(BATCH_ROWS), picks)
    shared = match_pro_rata(movements.filter(is_shared).project(columns).to_arrow_table(), picks)
    return answer(ranked, shared)
