"""Small houses to test in: one whose warehouse is made by hand, and one real night over the sample."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import duckdb
import pytest

from dagster_project.build.warehouse import build_warehouse, manifest_path
from dagster_project.cli.answers import cell
from dagster_project.landing import land
from dagster_project.published.builds import current
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect_for_reading


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --renew-golden` writes tests/golden anew: look at the difference before you commit it."""
    parser.addoption("--renew-golden", action="store_true", help="write tests/golden anew")


def pytest_configure(config: pytest.Config) -> None:
    """The mark of tests that CI leaves out."""
    config.addinivalue_line("markers", "deep: takes minutes; `make test-deep` runs it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the deep tests out unless they are asked for."""
    if not os.environ.get("COFFER_DEEP"):
        deep = [item for item in items if item.get_closest_marker("deep")]
        config.hook.pytest_deselected(items=deep)
        items[:] = [item for item in items if not item.get_closest_marker("deep")]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty data folder beside the sample's inbox and seeds."""
    return Settings(data=tmp_path / "data", inbox=ROOT / "data" / "sample", seeds=ROOT / "seeds")


@dataclass(frozen=True)
class Night:
    """One `coffer nightly` over the sample: where it worked, and what it said."""

    settings: Settings
    said: str


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The first night of a new house, run once for all tests, as `make nightly` runs it."""
    data = tmp_path_factory.mktemp("night") / "data"
    settings = Settings(data=data, inbox=ROOT / "data" / "sample", seeds=ROOT / "seeds")
    ran = run_coffer(settings, "nightly")
    assert ran.returncode == 0, ran.stderr
    return Night(settings, ran.stdout)


@pytest.fixture(scope="session")
def published(night: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts of that night, as `coffer sql` opens them."""
    with connect_for_reading(current(night.settings).database) as connection:
        yield connection


@pytest.fixture(scope="session")
def answered(published: duckdb.DuckDBPyConnection) -> Callable[[str], str]:
    """The answer to a question as our pages print it: `answered("from disposals")`."""

    def answer(query: str) -> str:
        result = published.execute(query)
        rows = [[column[0] for column in result.description], *result.fetchall()]
        return "".join(" | ".join(map(cell, row)) + "\n" for row in rows)

    return answer


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args) -> dict:
    """Debian's Chromium; the sandbox needs rights that root in a container does not have."""
    chromium = shutil.which("chromium")
    assert chromium, "There is no chromium: `make .venv/browser` installs it."
    return browser_type_launch_args | {
        "executable_path": chromium,
        "args": ["--no-sandbox", "--disable-gpu"],
    }


@pytest.fixture(scope="session")
def coffer() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command: `coffer(settings, "sql", "from events").stdout`."""
    return run_coffer


def run_coffer(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("coffer")), *arguments]
    environment = os.environ | settings.environment()
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def new_house() -> Callable[..., Settings]:
    """A house of its own, landed and built: `new_house(folder, events=[{…}], prices=[…], companies=["…"])`.

    Rows are dictionaries by column; for seeds see `empty_house`. `fetched` are files as feeds write them:
    `{"prices__x": [{…}]}`.
    """
    return _new_house


@pytest.fixture(scope="session")
def empty_house() -> Callable[..., Settings]:
    """A house in which nothing has landed yet: `empty_house(folder, companies=["…"])`.

    Seeds are lines of CSV behind the sample's header, whose last columns may be left out; `assets` and
    `event_types` keep the sample's rows too.
    """
    return _empty_house


@pytest.fixture(scope="session")
def deliver() -> Callable[[Settings, str, list[dict]], None]:
    """Write a file into the inbox: `deliver(settings, "events-corrected.csv", [{…}])`."""
    return _deliver


def _new_house(
    folder: Path,
    events: list[dict],
    prices: list[dict],
    balances: list[dict] = (),
    fetched: dict[str, list[dict]] = MappingProxyType({}),
    **seeds: list[str],
) -> Settings:
    settings = _empty_house(folder, **seeds)
    for entity, rows in {"events": events, "prices": prices, "balances": balances}.items():
        _deliver(settings, f"{entity}.csv", rows)
    for name, rows in fetched.items():
        _write_rows(settings.fetched / "feeds" / f"{name}.csv", list(rows[0]), rows)
    land(settings, datetime(2026, 11, 23, 2, 30, tzinfo=UTC), settle_seconds=0)
    build = build_warehouse(settings)
    assert [node for node in build.nodes if node.status in ("fail", "error")] == []
    return settings


def _empty_house(folder: Path, **seeds: list[str]) -> Settings:
    settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=folder / "seeds")
    settings.seeds.mkdir(parents=True)
    for seed in (ROOT / "seeds").glob("*.csv"):
        header, *rows = seed.read_text().splitlines()
        kept = rows if seed.stem in ("assets", "event_types") else []
        given = [line + "," * (header.count(",") - line.count(",")) for line in seeds.get(seed.stem, [])]
        lines = [header, *kept, *given]
        (settings.seeds / seed.name).write_text("\n".join(lines) + "\n")
    (settings.inbox / "treasury_csv").mkdir(parents=True)
    return settings


def _deliver(settings: Settings, name: str, rows: list[dict]) -> None:
    entity = re.match("[a-z]+", name)[0]
    with (ROOT / f"data/sample/treasury_csv/{entity}.csv").open() as sample:
        header = next(csv.reader(sample))
    _write_rows(settings.inbox / "treasury_csv" / name, header, rows)


def _write_rows(path: Path, header: list[str], rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def built(settings: Settings) -> Callable[..., Settings]:
    """Build a warehouse of two small marts by hand: `built(sales=3)`, `built(failing="a_law")`."""

    def build(sales: int = 2, failing: str = "", severity: str = "error") -> Settings:
        settings.data.mkdir(exist_ok=True)
        _write_manifest(settings, tests=[failing or "a_law"])
        settings.raw.unlink(missing_ok=True)
        with duckdb.connect(settings.raw) as raw:
            raw.execute(
                "create schema landing; create table landing.files as "
                "select 'treasury_csv/events.csv' as source_file, repeat('a', 64) as source_sha256, "
                "3::bigint as rows_accepted, 'accepted' as status, timestamp '2026-11-23 02:30' as landed_at"
            )
        settings.warehouse.unlink(missing_ok=True)
        with duckdb.connect(settings.warehouse) as warehouse:
            warehouse.execute(MARTS.format(sales=sales))
            outcome = {"error": "fail", "warn": "warn"}[severity] if failing else "pass"
            warehouse.execute(
                "insert into audit.checks values (?, 'test', ?, ?, ?, ?, 'warehouse.audit.offenders', ?, ?)",
                [
                    failing or "a_law",
                    outcome,
                    severity,
                    7 if failing else 0,
                    "Got 7 results" if failing else "",
                    "controller",
                    "select 'of it'",
                ],
            )
        return settings

    return build


MARTS = """
create schema marts;
create schema audit;
create schema seeds;
create table seeds.companies (company_id varchar, name varchar);
create table marts.events as
    select 'e' || i as event_id, timestamp '2026-02-08 12:00' + to_days(i::int) as occurred_at
    from range({sales}, 0, -1) r(i);
comment on table marts.events is 'One row per event.';
comment on column marts.events.event_id is 'It''s the id.';
create table marts.disposals as
    select 'd' || i as disposal_id, i::decimal(38, 18) as quantity, '=1+1' as note from range({sales}) r(i);
comment on table marts.disposals is 'One row per disposal.';
create table audit.offenders as select 'e' || i as event_id, chr(27) || '[2J' as note from range(7) r(i);
create table audit.checks as
    select * from (values
        ('events', 'model', 'success', 'error', 0, 'OK', 'warehouse.marts.events', 'maintainer', ''),
        ('disposals', 'model', 'success', 'error', 0, 'OK', 'warehouse.marts.disposals', 'maintainer', '')
    ) t (check_name, resource_type, status, severity, failures, message, relation_name, owner, query);
"""


def _write_manifest(settings: Settings, tests: list[str]) -> None:
    def node(name: str, kind: str, schema: str, key: str = "") -> dict:
        config = {"materialized": "table", "meta": {"key": [key]} if key else {}}
        return {"name": name, "resource_type": kind, "schema": schema, "config": config}

    nodes = [
        node("events", "model", "marts", "event_id"),
        node("disposals", "model", "marts", "disposal_id"),
        *(node(test, "test", "audit") for test in tests),
    ]
    path = manifest_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nodes": {n["name"]: n for n in nodes}}))
