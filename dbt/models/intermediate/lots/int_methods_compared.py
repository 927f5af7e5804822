"""One row per disposal and method: what its units had cost if the book had always used that method."""

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots import COMPARED, MOVEMENTS, match

BATCH_ROWS = 100_000


def model(dbt, session):
    dbt.config(materialized="table")
    coins = dbt.ref("int_coin_movements")
    picks = dbt.ref("int_lot_picks").to_arrow_table()
    return pa.concat_tables([costs(coins, picks, method) for method in COMPARED])


def costs(coins, picks: pa.Table, method: str) -> pa.Table:
    """Match all movements by one method; the cost of each that leaves, null where a part of it is unknown.

    Lots that were named for a wallet when basis was allocated stay where they were named for.
    """
    by_method = f"if(leg = 'allocation' and method = 'specific', method, '{method}') as method"
    columns = ", ".join(by_method if column == "method" else column for column in MOVEMENTS.names)
    matches = match(coins.project(columns).to_arrow_reader(BATCH_ROWS), picks).matches
    summed = matches.group_by("sequence").aggregate(
        [("cost", "sum"), ("cost", "count", pc.CountOptions(mode="only_null"))]
    )
    cost = pc.if_else(pc.equal(summed["cost_count"], 0), summed["cost_sum"], None)
    return pa.table({"sequence": summed["sequence"], "method": pa.repeat(method, len(summed)), "cost": cost})
