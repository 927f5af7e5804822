"""Those who do not belong: SQL, settings, archives and packages that mean harm."""

import gzip
import hashlib
import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project import landing
from dagster_project.published.builds import current
from dagster_project.published.custody import mismatches
from dagster_project.published.publish import publish
from dagster_project.settings import ROOT, Settings, load_settings
from dagster_project.storage.database import connect, connect_for_reading
from tests.bench.measure import measure
from tests.faults.houses import NOW, assert_no_row_is_lost, raw_tables

ATTACKS = """
from read_csv('/etc/passwd')
from read_csv_auto('/etc/passwd', header = false)
from '/etc/passwd'
from '/proc/self/environ'
from read_text('/proc/self/environ')
from read_blob('/etc/hostname')
from read_json('/etc/passwd')
from read_json_objects('/etc/passwd')
from read_ndjson('/etc/passwd')
from read_parquet('{build}/parquet/events.parquet')
from parquet_metadata('{build}/parquet/events.parquet')
from parquet_schema('{build}/parquet/events.parquet')
from sniff_csv('/etc/passwd')
from glob('/*')
from read_duckdb('{data}/raw.duckdb')
attach '{data}/raw.duckdb' as raw
attach '{data}/raw.duckdb' as raw (read_only)
attach '{data}/new.duckdb'
attach ':memory:' as other; copy other to '{data}/new.duckdb'
attach 'https://example.com/x.duckdb' as other
attach 'ducklake:{data}/lake' as lake
copy events to '{data}/stolen.csv'
copy events to '{data}/stolen.parquet'
copy (select 1) to '/dev/stdout'
copy events from '/etc/passwd'
export database '{data}/stolen'
import database '{data}/stolen'
install httpfs
install spatial from community
force install httpfs from 'http://127.0.0.1:1'
load httpfs
load '{data}/evil.duckdb_extension'
set enable_external_access = true
reset enable_external_access
set lock_configuration = false
reset lock_configuration
set allowed_directories = ['/']
set allowed_paths = ['/etc/passwd']
set allow_community_extensions = true
set autoinstall_known_extensions = true
set temp_directory = '{data}'
set secret_directory = '{data}'
set home_directory = '/root'
set log_query_path = '{data}/log'
set global TimeZone = 'Asia/Tokyo'
pragma enable_profiling = 'json'
pragma profiling_output = '{data}/profile'
create secret (type s3, key_id 'x', secret 'y')
create persistent secret (type s3, key_id 'x', secret 'y')
insert into events values ('e', now())
update events set event_id = 'x'
delete from events
drop table events
create table marts.mine as select 1
create view marts.mine as select 1
create macro m(x) as x
alter table events add column x int
""".strip().splitlines()
HARMLESS = [
    "create temp table mine as from events",
    "create temp macro twice(x) as 2 * x",
    "set variable day = '2026-02-08'",
    "select count(*) from disposals",
    "explain select * from events",
    "from duckdb_tables()",
    "select current_setting('TimeZone')",
]


def test_no_hostile_statement_passes_and_every_harmless_one_does(built, figure):
    """S-01, S-04: on the connection that `coffer sql` uses, each statement on a fresh one."""
    settings = built()
    build = publish(settings, NOW)
    before = {path: path.stat().st_mtime_ns for path in settings.data.rglob("*")}
    passed = []
    for attack in ATTACKS:
        with connect_for_reading(build.database) as connection:
            try:
                rows = connection.execute(attack.format(data=settings.data, build=build.path)).fetchall()
                passed.append((attack, rows))
            except duckdb.Error as error:
                assert "root:" not in str(error)
    assert passed == []
    assert {path: path.stat().st_mtime_ns for path in settings.data.rglob("*")} == before
    for statement in HARMLESS:
        with connect_for_reading(build.database) as connection:
            connection.execute(statement)
    figure(
        "S-01",
        f"{len(ATTACKS)} hostile statements: 0 passed, no file was read or written; "
        f"{len(HARMLESS)} of {len(HARMLESS)} harmless ones work",
    )


def test_no_connection_fetches_or_loads_an_extension(built, figure):
    """S-12: every way into DuckDB that the house has."""
    build = publish(built(), NOW)
    for opened in (connect(), connect(build.database, read_only=True), connect_for_reading(build.database)):
        with opened as connection:
            for name in (
                "autoinstall_known_extensions",
                "autoload_known_extensions",
                "allow_community_extensions",
            ):
                assert connection.execute(f"select current_setting('{name}')").fetchall() == [(False,)]
    assert "autoinstall_known_extensions: false" in (ROOT / "dbt" / "profiles.yml").read_text()
    figure("S-12", "no connection installs, loads or takes community extensions")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COFFER_MAX_HOURS", "4'; drop table events; --"),
        ("COFFER_MAX_HOURS", "0"),
        ("COFFER_MAX_HOURS", "nan"),
        ("COFFER_MEMORY_LIMIT", "4GB'; attach '/etc/passwd' as x; --"),
        ("COFFER_MEMORY_LIMIT", "{{ env_var('HOME') }}"),
        ("COFFER_SCHEDULE", "30 2 * * *; rm -rf /"),
        ("COFFER_SCHEDULE", "{{ 1 }}"),
    ],
)
def test_a_hostile_setting_is_refused_by_its_name(name, value):
    """S-07."""
    with pytest.raises(SystemExit, match=name):
        load_settings({name: value})


def test_folders_whose_names_are_sql_are_folders(built, tmp_path, deliver, empty_house, figure):
    """S-07: landing, raw, verify and publication in such a place."""
    settings = empty_house(tmp_path / "o'brien; drop table files; -- {{ 1 }} $(id)")
    deliver(
        settings,
        "balances.csv",
        [{"account_id": "a:b", "asset_id": "BTC", "as_of": "2026-01-31T00:00:00Z", "quantity": "1"}],
    )
    landing.land(settings, NOW, settle_seconds=0)
    assert raw_tables(settings)["treasury_csv.balances"][0][3] == "1"
    assert list(mismatches(settings)) == []
    hand_made = built()
    moved = Settings(data=settings.data.with_name('it\'s "data"'), inbox=settings.inbox, seeds=settings.seeds)
    hand_made.data.rename(moved.data)
    publish(moved, NOW + timedelta(days=1))
    with connect_for_reading(current(moved).database) as connection:
        assert connection.execute("select count(*) from events").fetchall() == [(2,)]
    figure("S-07", "7 hostile settings refused by name; folders named after SQL, Jinja and shell are folders")


BOMBS = {
    "gzip: 2 GiB from 2 MB": ("treasury_csv/events.csv.gz", lambda: gzip.compress(bytes(1 << 26)) * 32),
    "one line of 100 MB": ("treasury_csv/balances.csv", lambda: b"x" * 100_000_000),
    "a header of 10,000 columns": ("treasury_csv/prices.csv", lambda: b"," * 9_999),
    "JSON a million deep": ("luxor/transactions-deep.json", lambda: b"[" * 1_000_000),
    "JSON of 60 MB in one value": (
        "luxor/transactions-long.json",
        lambda: b'{"a": "' + b"x" * 60_000_000 + b'"}',
    ),
    "XML of a billion laughs": (
        "bank/camt053-laughs.xml",
        lambda: (
            b'<!DOCTYPE l [<!ENTITY a "'
            + b"ha" * 50
            + b'">'
            + b"".join(
                b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(98, 107)
            )
            + b"]><l>&j;</l>"
        ),
    ),
    "XML a hundred thousand deep": ("bank/camt053-deep.xml", lambda: b"<a>" * 100_000),
}
LAND = (
    "import sys; from pathlib import Path; from datetime import datetime;"
    "from dagster_project import landing;"
    "from dagster_project.settings import Settings;"
    "landing.land(Settings(*map(Path, sys.argv[1:4])), datetime.fromisoformat(sys.argv[4]), settle_seconds=0)"
)


def test_bombs_are_refused_within_bounded_memory(empty_house, tmp_path, deliver, figure):
    """S-14: all of them in one inbox, beside a good file."""
    good, bombed = empty_house(tmp_path / "good"), empty_house(tmp_path / "bombed")
    for settings in (good, bombed):
        deliver(
            settings,
            "balances-good.csv",
            [{"account_id": "a:b", "asset_id": "BTC", "as_of": "2026-01-31T00:00:00Z", "quantity": "1"}],
        )
    for name, content in BOMBS.values():
        path = bombed.inbox / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content())
    cost = {}
    for settings in (good, bombed):
        folders = [str(folder) for folder in (settings.data, settings.inbox, settings.seeds)]
        cost[settings], _ = measure(
            [sys.executable, "-c", LAND, *folders, NOW.isoformat()], {**os.environ, "PYTHONPATH": str(ROOT)}
        )
    tables = raw_tables(bombed)
    assert_no_row_is_lost(tables)
    verdicts = {file[2]: (file[6], file[10]) for file in tables["landing.files"]}
    assert verdicts.pop("treasury_csv/balances-good.csv") == ("accepted", None)
    assert {name for name, _ in BOMBS.values()} == verdicts.keys()
    assert {status for status, _ in verdicts.values()} == {"refused"}, verdicts
    more = (cost[bombed].peak_bytes - cost[good].peak_bytes) / 1e6
    assert more < 500
    figure(
        "S-14",
        f"{len(BOMBS)} bombs refused ({', '.join(sorted({reason for _, reason in verdicts.values()}))}): "
        f"{more:.0f} MB more memory than without them, "
        f"{cost[bombed].cpu_seconds - cost[good].cpu_seconds:.1f} CPU s",
    )


def test_a_package_that_is_not_the_one_that_was_locked_is_not_installed(tmp_path, figure):
    """S-11: a wheel whose hash is another; and every locked package has one."""
    wheel = tmp_path / "harmless-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("harmless.py", "x = 1\n")
        archive.writestr(
            "harmless-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: harmless\nVersion: 1.0\n"
        )
        archive.writestr(
            "harmless-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("harmless-1.0.dist-info/RECORD", "")
    locked = hashlib.sha256(wheel.read_bytes()).hexdigest()

    def install(sha256: str, target: str) -> subprocess.CompletedProcess:
        (tmp_path / "lock.txt").write_text(f"harmless==1.0 --hash=sha256:{sha256}\n")
        options = [
            "--require-hashes",
            "--no-deps",
            "--no-index",
            "--offline",
            "--no-cache",
            "--find-links",
            tmp_path,
        ]
        uv = Path(sys.executable).with_name("uv")
        command = [uv, "pip", "install", *options, "--target", tmp_path / target, "-r", tmp_path / "lock.txt"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert install(locked, "right").returncode == 0
    refused = install("0" * 64, "wrong")
    assert refused.returncode != 0
    assert "hash" in refused.stderr.lower()
    assert not (tmp_path / "wrong" / "harmless.py").exists()
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text().replace("\\\n", " ")
        packages = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        assert all("--hash=sha256:" in line for line in packages), lock
    figure("S-11", "a wheel with another hash is not installed; every locked package has its hashes")
