"""What injects faults, and what remembers the figures of those that were survived."""

import fcntl
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dagster_project.settings import Settings
from tests.bench.report import machine
from tests.faults.catalogue import COLLECTED, FIGURES, PAGE, read_figures, render
from tests.faults.houses import DEEP, write_balances
from tests.faults.injector import Injector

HERE = Path(__file__).parent
SEED = int(os.environ.get("COFFER_FAULT_SEED") or time.time_ns() % 1_000_000)


def pytest_report_header() -> str:
    """How to replay what chance decides."""
    return f"faults: COFFER_FAULT_SEED={SEED}{' COFFER_DEEP=1' if DEEP else ''}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Remember what there is, before -k and the like take some away."""
    config.stash[COLLECTED] = {item.nodeid: bool(item.get_closest_marker("deep")) for item in items}


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be replayed: each test has its own, from one seed."""
    print(f"COFFER_FAULT_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Say what was measured of a row of the catalogue: `figure("C02", "72 points, 0 bad")`.

    With --renew-golden it is written down, with the day, and docs/reference/faults.md is made anew.
    """

    def remember(fault_id: str, text: str) -> None:
        print(f"{fault_id}: {text}")
        if not request.config.getoption("--renew-golden"):
            return
        with (HERE / "catalogue.csv").open() as lock:  # tests may run in several processes
            fcntl.flock(lock, fcntl.LOCK_EX)
            figures = read_figures()
            if figures.get(fault_id, {}).get("deep") and not DEEP:
                return  # a few tries do not replace many
            about = machine("duckdb", "dbt-core", "dagster")
            where = (
                f"{about['cores']} cores, {about['memory_gib']} GiB, Python {about['python']}, "
                f"duckdb {about['duckdb']}, dbt-core {about['dbt-core']}, dagster {about['dagster']}"
            )
            figures[fault_id] = {"figure": text, "on": about["at"], "machine": where, "deep": DEEP}
            FIGURES.write_text(json.dumps(dict(sorted(figures.items())), indent=1, ensure_ascii=False) + "\n")
            PAGE.write_text(render())

    return remember


@pytest.fixture(scope="session")
def inject() -> Iterator[Injector]:
    """Faults at Python's calls; see `injected.py`."""
    injector = Injector()
    yield injector
    injector.close()


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of `calls.c`; skips where no C compiler is."""
    compiler = shutil.which("cc") or pytest.skip("no C compiler")
    library = tmp_path_factory.mktemp("calls") / "calls.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, HERE / "calls.c", "-ldl"], check=True)
    return library


@pytest.fixture(scope="session")
def inject_libc(calls: Path) -> Iterator[Injector]:
    """Faults at libc's calls, those of DuckDB among them."""
    injector = Injector(LD_PRELOAD=str(calls))
    yield injector
    injector.close()


@pytest.fixture(scope="session")
def inject_builds() -> Iterator[Injector]:
    """Faults of dbt builds."""
    injector = Injector("build")
    yield injector
    injector.close()


@pytest.fixture
def small(empty_house: Callable[..., Settings], tmp_path: Path) -> Settings:
    """A house whose inbox has one file of three balances, and one that no contract knows."""
    settings = empty_house(tmp_path)
    write_balances(settings, "balances.csv", 3)
    (settings.inbox / "treasury_csv" / "unknown.csv").write_text("what,is,this\n1,2,3\n")
    return settings
