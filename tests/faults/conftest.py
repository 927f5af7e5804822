"""What injects faults, and what remembers the figures of those that were survived."""

import fcntl
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.settings import ROOT, Settings
from tests.bench.report import machine
from tests.faults.catalogue import FIGURES, PAGE, read_figures, render
from tests.faults.houses import DEEP, NOW, write_balances

HERE = Path(__file__).parent
SEED = int(os.environ.get("COFFER_FAULT_SEED") or time.time_ns() % 1_000_000)


def pytest_report_header() -> str:
    """How to replay what chance decides."""
    return f"faults: COFFER_FAULT_SEED={SEED}{' COFFER_DEEP=1' if DEEP else ''}"


def pytest_configure(config: pytest.Config) -> None:
    """The one mark of these tests."""
    config.addinivalue_line("markers", "deep: takes minutes; `make test-deep` runs it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the deep ones out unless they are asked for."""
    for item in items:
        if item.get_closest_marker("deep") and not DEEP:
            item.add_marker(pytest.mark.skip(reason="deep: run with COFFER_DEEP=1"))


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be replayed: each test has its own, from one seed."""
    print(f"COFFER_FAULT_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Say what was measured of a row of the catalogue: `figure("C02", "72 points, 0 bad")`.

    With --renew-golden it is written down, with the day, and docs/reliability.md is made anew.
    """

    def remember(fault_id: str, text: str) -> None:
        print(f"{fault_id}: {text}")
        if not request.config.getoption("--renew-golden"):
            return
        with (HERE / "catalogue.csv").open() as lock:  # tests may run in several processes
            fcntl.flock(lock, fcntl.LOCK_EX)
            about = machine("duckdb", "dbt-core", "dagster")
            where = f"{about['cores']} cores, {about['memory_gib']} GiB, Python {about['python']}"
            versions = ", ".join(
                f"{package} {about[package]}" for package in ("duckdb", "dbt-core", "dagster")
            )
            figures = read_figures() | {
                fault_id: {"figure": text, "on": about["at"], "machine": f"{where}, {versions}"}
            }
            FIGURES.write_text(json.dumps(dict(sorted(figures.items())), indent=1, ensure_ascii=False) + "\n")
            PAGE.write_text(render())

    return remember


@dataclass(frozen=True)
class Outcome:
    """What became of a part with a fault: exit code (-9: killed), calls it made, seconds, what it said."""

    code: int
    calls: int
    seconds: float
    error: str


class Injector:
    """Runs parts of a night with faults, in children of one process (`injected.py`)."""

    def __init__(self, *parts: str, preload: Path | None = None) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **({"LD_PRELOAD": str(preload)} if preload else {}),
        }
        # Standard error: what libraries print there when they are made to fail is not ours to judge.
        self._process = subprocess.Popen(
            [sys.executable, HERE / "injected.py", *parts],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(
        self, settings: Settings, part: str, fault: str = "", at: float = 0, now: datetime = NOW
    ) -> Outcome:
        """Do one part: land, rebuild, build, publish or switch."""
        folders = {name: str(getattr(settings, name)) for name in ("data", "inbox", "seeds")}
        job = {"part": part, "fault": fault, "at": at, "now": now.isoformat(), **folders}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process; it has no children by now."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="session")
def inject() -> Iterator[Injector]:
    """Faults at Python's calls; see `injected.py`."""
    injector = Injector()
    yield injector
    injector.close()


@pytest.fixture(scope="session")
def inject_libc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Injector]:
    """Faults at libc's calls, those of DuckDB among them; skipped where no C compiler is."""
    compiler = shutil.which("cc") or pytest.skip("no C compiler")
    library = tmp_path_factory.mktemp("calls") / "calls.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, HERE / "calls.c", "-ldl"], check=True)
    injector = Injector(preload=library)
    yield injector
    injector.close()


@pytest.fixture
def small(empty_house: Callable[..., Settings], tmp_path: Path) -> Settings:
    """A house whose inbox has one file of three balances, and one that no contract knows."""
    settings = empty_house(tmp_path)
    write_balances(settings, "balances.csv", 3)
    (settings.inbox / "treasury_csv" / "unknown.csv").write_text("what,is,this\n1,2,3\n")
    return settings
