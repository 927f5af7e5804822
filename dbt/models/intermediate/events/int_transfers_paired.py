"""One row per event that sent something and the one that received it, the best candidates first."""

import pyarrow as pa


def model(dbt, session):
    dbt.config(materialized="table")
    candidates = dbt.ref("int_transfer_candidates").order("preference").to_arrow_table()
    chosen = one_to_one(candidates["sent_id"].to_pylist(), candidates["received_id"].to_pylist())
    return candidates.take(pa.array(chosen, pa.int64()))


def one_to_one(sent: list[str], received: list[str]) -> list[int]:
    """Return the places of the candidates to choose: each event once, the earlier candidate first."""
    taken: set[str] = set()
    chosen = []
    for place, ends in enumerate(zip(sent, received, strict=True)):
        if taken.isdisjoint(ends):
            taken.update(ends)
            chosen.append(place)
    return chosen
