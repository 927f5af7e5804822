"""One row per disposal and method: what its units had cost if the book had always used that method."""

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.lots import MOVEMENTS, match

METHODS = ("fifo", "lifo", "hifo", "lofo", "average")


def model(dbt, session):
    dbt.config(materialized="table")
    coins = dbt.ref("int_movements").filter("book <> 'money'").order("sequence")
    movements = coins.project(", ".join([*MOVEMENTS.names, "leg"])).to_arrow_table()
    picks = dbt.ref("int_lot_picks").to_arrow_table()
    return pa.concat_tables([costs(movements, picks, method) for method in METHODS])


def costs(movements: pa.Table, picks: pa.Table, method: str) -> pa.Table:
    """Match all movements by one method; the cost of each that leaves, null where a part of it is unknown.

    Lots that were named for a wallet when basis was allocated stay where they were named for.
    """
    is_named = pc.and_(pc.equal(movements["leg"], "allocation"), pc.equal(movements["method"], "specific"))
    by_method = pc.if_else(is_named, movements["method"], method)
    place = movements.schema.get_field_index("method")
    matches = match(movements.set_column(place, "method", by_method), picks).matches
    summed = matches.group_by("sequence").aggregate(
        [("cost", "sum"), ("cost", "count", pc.CountOptions(mode="only_null"))]
    )
    cost = pc.if_else(pc.equal(summed["cost_count"], 0), summed["cost_sum"], None)
    return pa.table({"sequence": summed["sequence"], "method": pa.repeat(method, len(summed)), "cost": cost})
