"""One part of the lots benchmark, on a ledger of lots_ledgers.py.

    python tests/bench/lots_parts.py ours LEDGER OUTPUT METHOD

Each part imports what it needs and nothing else, so that a process which runs it costs what the part costs.
What others do with the same ledger stands in lots_peers.py.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

BATCH = 100_000  # rows; larger batches cost DuckDB more
WARM_RUNS = 5
READ = "select * replace (if(method is null, null, '{method}') as method) from movements"


def floor_fetched(ledger: Path, output: Path, method: str) -> None:
    """DuckDB reads and sorts all rows, and hands them over batch by batch; nothing is kept."""
    import duckdb

    with duckdb.connect(ledger, read_only=True) as connection:
        for _ in connection.sql("from movements order by sequence").to_arrow_reader(BATCH):
            pass


def floor_written(ledger: Path, output: Path, method: str) -> None:
    """DuckDB reads and sorts all rows, and writes them to another file."""
    import duckdb

    with duckdb.connect(output) as connection:
        connection.execute(f"attach '{ledger}' as ledger (read_only)")
        connection.execute("create table sorted as from ledger.movements order by sequence")


def ours(ledger: Path, output: Path, method: str) -> None:
    """The whole path: read, sort, match and write everything; prints the CPU seconds of each step."""
    marks = [time.process_time()]
    import duckdb

    from dagster_project.lots import match

    marks.append(time.process_time())
    with duckdb.connect(ledger, read_only=True) as connection:
        picks = connection.sql("from picks").to_arrow_table() if method == "specific" else None
        movements = connection.sql(READ.format(method=method)).to_arrow_reader(BATCH)
        matches, open_lots = match(movements, picks)
    marks.append(time.process_time())
    with duckdb.connect(output) as connection:
        for name, rows in {"matches": matches, "open_lots": open_lots}.items():
            connection.register("rows", rows)
            connection.execute(f"create table {name} as from rows")
    marks.append(time.process_time())
    steps = "import", "read, sort and match", "write"
    print(json.dumps({step: end - start for step, (start, end) in zip(steps, pairwise(marks), strict=True)}))


def start_up(ledger: Path, output: Path, method: str) -> None:
    """What the whole path costs before its first rows: imports, and the loop from numba's cache (or not).

    One row alone would compile the loop for another layout of columns than any larger number of rows.
    """
    import duckdb

    from dagster_project.lots import match

    with duckdb.connect(ledger, read_only=True) as connection:
        movements = connection.sql("from movements where kind = 'acquire' limit 2").to_arrow_table()
    match(movements, loop="compiled")


def match_warm(ledger: Path, output: Path, method: str) -> None:
    """The engine alone, all imported and compiled; prints the CPU seconds of the cheapest of some runs."""
    import duckdb

    from dagster_project.lots import match

    with duckdb.connect(ledger, read_only=True) as connection:
        movements = connection.sql(f"{READ.format(method=method)} order by sequence").to_arrow_table()
    match(movements, loop="compiled")
    marks = []
    for _ in range(1 + WARM_RUNS):
        match(movements, loop="compiled")
        marks.append(time.process_time())
    print(min(end - start for start, end in pairwise(marks)))


AUDIT = """
with given as (
    select sum(quantity) as units, sum(cost) as cost from ledger.movements where kind = 'acquire'
),
gone as (
    select
        sum(matches.quantity) filter (kind <> 'transfer') as units,
        sum(matches.cost) filter (kind <> 'transfer') as cost,
        count(*) as matches,
        count(*) filter (lot_sequence is null) as shortfalls
    from matches
    inner join ledger.movements as movements using (sequence)
),
held as (
    select
        sum(quantity_left) as units,
        sum(cost_left) as cost,
        count(*) as lots,
        count(*) filter (quantity_left <> bought.quantity) as begun
    from open_lots
    inner join ledger.movements as bought on open_lots.lot_sequence = bought.sequence
)
select
    given.units - gone.units - held.units as units_missing,
    given.cost - gone.cost - held.cost as cents_missing,
    shortfalls,
    matches,
    lots,
    begun,
    gone.cost
from given, gone, held
"""


def audit(ledger: Path, output: Path, method: str) -> None:
    """Print what `ours` lost, which is nothing, how much it wrote, and the cost of the units that left."""
    import duckdb

    with duckdb.connect(output) as connection:
        connection.execute(f"attach '{ledger}' as ledger (read_only)")
        audited = connection.sql(AUDIT)
        [row] = audited.fetchall()
        print(json.dumps(dict(zip(audited.columns, map(int, row), strict=True))))


PARTS = {part.__name__: part for part in (floor_fetched, floor_written, ours, start_up, match_warm, audit)}

if __name__ == "__main__":
    _, name, *paths, used = sys.argv
    PARTS[name](*map(Path, paths), used)
