"""The engine is a room of its own: it imports nothing else of ours, and numba only where it is worth it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project import lots

SOURCES = sorted(Path(lots.__file__).parent.glob("*.py"))
FEW_MOVEMENTS = """
import sys
import pyarrow as pa
from dagster_project.lots import MOVEMENTS, match
buy = {"sequence": 1, "kind": "acquire", "pool_id": "a", "quantity": 5, "cost": 100}
sell = {"sequence": 2, "kind": "dispose", "pool_id": "a", "quantity": 2, "method": "fifo"}
matched = match(pa.Table.from_pylist([buy, sell], MOVEMENTS))
assert matched.matches["cost"].to_pylist() == [40]
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_the_engine_imports_nothing_else_of_ours(source):
    imported = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {name for name in imported if name.partition(".")[0] in ("dagster_project", "tests")}
    assert all(name.startswith("dagster_project.lots.") for name in ours)


def test_few_movements_need_neither_numba_nor_dagster_nor_a_database():
    done = subprocess.run([sys.executable, "-c", FEW_MOVEMENTS], capture_output=True, text=True, check=True)
    assert not {"numba", "llvmlite", "dagster", "duckdb", "dbt"} & set(done.stdout.split())
