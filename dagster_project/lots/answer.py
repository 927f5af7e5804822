"""The engine's answers as one table, as a dbt model in Python must give them."""

import pyarrow as pa

from dagster_project.lots.columns import Matched


def answer(*matched: Matched) -> pa.Table:
    """All matches, and below them all open lots: rows without `sequence`, with the pool that holds a lot.

    A dbt model is one relation. Two views take this one apart, and nothing else reads it.
    """
    parts = []
    for each in matched:
        left = each.open_lots.rename_columns({"quantity_left": "quantity", "cost_left": "cost"})
        parts += [each.matches, left]
    return pa.concat_tables(parts, promote_options="default").unify_dictionaries()
