"""Publishing: a reader sees yesterday whole or today whole, and never what an audit refused."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from dagster_project.build.checks import AuditFailed
from dagster_project.published import builds
from dagster_project.published.builds import KEEP, current, verify
from dagster_project.published.publish import publish

NIGHT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def ask(database, query):
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(query).fetchall()


def parquet_bytes(build):
    return {path.name: path.read_bytes() for path in (build.path / "parquet").iterdir()}


def test_a_build_holds_the_marts_and_says_where_they_come_from(built):
    build = publish(built(sales=3), NIGHT)
    assert build.is_new
    assert build.rows == {"disposals": 3, "events": 3}
    assert ask(build.database, "select event_id from marts.events") == [("e1",), ("e2",), ("e3",)]
    assert build.manifest["data_date"] == "2026-02-11"
    assert build.manifest["published_at"] == "2026-11-23T02:30:00Z"
    assert build.manifest["inputs"] == [
        {"source_file": "treasury_csv/events.csv", "sha256": "a" * 64, "rows": 3}
    ]
    assert build.manifest["checks"] == {"passed": 3, "warnings": []}
    assert sorted(builds._files(build.path)) == [
        "SHA256SUMS",
        "coffer.duckdb",
        "dbt_docs.html",
        "manifest.json",
        "parquet/disposals.parquet",
        "parquet/events.parquet",
    ]


def test_a_build_tells_in_sql_what_it_rests_on_and_which_builds_were_before_it(built):
    settings = built(sales=1)
    first = publish(settings, NIGHT)
    second = publish(built(sales=2, failing="a_law", severity="warn"), NIGHT + timedelta(days=1))
    history = ask(
        second.database, "select build_id, digest, checks_warned from marts_meta.builds order by published_at"
    )
    assert history == [
        (first.path.name, first.manifest["digest"], 0),
        (second.path.name, second.manifest["digest"], 1),
    ]
    assert ask(second.database, "from marts_meta.inputs") == [("treasury_csv/events.csv", "a" * 64, 3)]
    assert ask(second.database, "from marts_meta.warnings") == [("a_law", 7, "controller", "select 'of it'")]
    for mart, rows, digest in ask(second.database, "from marts_meta.outputs"):
        assert rows == 2
        assert builds.sha256(second.path / "parquet" / f"{mart}.parquet") == digest


def test_current_is_a_relative_link_to_the_newest_build(built):
    settings = built()
    build = publish(settings, NIGHT)
    link = os.readlink(settings.published / "current")
    assert link == f"builds/{build.path.name}"
    assert build.path.name.startswith("20261123T023000Z-")


def test_the_published_file_holds_tables_only_in_a_storage_that_older_clients_open(built):
    build = publish(built(), NIGHT)
    schemas = "select distinct schema_name from duckdb_tables()"
    assert sorted(ask(build.database, schemas)) == [("marts",), ("marts_meta",)]
    assert ask(build.database, "select view_name from duckdb_views() where not internal") == []
    assert ask(build.database, "select function_name from duckdb_functions() where not internal") == []
    [(tags,)] = ask(build.database, "select tags from duckdb_databases() where database_name = 'coffer'")
    assert tags["storage_version"].startswith("v1.0.0")


def test_descriptions_travel_as_comments(built):
    build = publish(built(), NIGHT)
    assert ask(build.database, "select comment from duckdb_tables() where table_name = 'events'") == [
        ("One row per event.",)
    ]
    query = "select comment from duckdb_columns() where column_name = 'event_id' and table_name = 'events'"
    assert ask(build.database, query) == [("It's the id.",)]
    [column, _] = build.manifest["marts"]["events"]["columns"]
    assert column == {"name": "event_id", "type": "VARCHAR", "description": "It's the id."}


def test_two_builds_of_the_same_marts_have_byte_equal_parquet_files(built, monkeypatch):
    settings = built()
    first = publish(settings, NIGHT)
    monkeypatch.setattr(
        "dagster_project.published.publish.code_version",
        lambda: {"version": "next", "commit": None, "is_dirty": None},
    )
    second = publish(built(), NIGHT + timedelta(days=1))
    assert second.is_new
    assert second.path != first.path
    assert parquet_bytes(second) == parquet_bytes(first)
    assert second.manifest["digest"] == first.manifest["digest"]


def test_a_night_that_changes_nothing_keeps_the_build_it_finds(built):
    first = publish(built(), NIGHT)
    second = publish(built(), NIGHT + timedelta(days=1))
    assert not second.is_new
    assert (second.path, second.manifest) == (first.path, first.manifest)
    assert [path.name for path in first.path.parent.iterdir()] == [first.path.name]


def test_a_damaged_build_is_replaced_even_when_nothing_changed(built):
    first = publish(built(), NIGHT)
    flip_a_bit(first.path / "coffer.duckdb")
    second = publish(built(), NIGHT + timedelta(days=1))
    assert second.is_new
    assert verify(second.path) == []


def test_nothing_is_writable_and_no_log_is_left(built):
    build = publish(built(), NIGHT)
    assert not list(build.path.rglob("*.wal"))
    assert {oct(path.stat().st_mode & 0o777) for path in builds._files(build.path).values()} == {"0o444"}


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def test_verify_names_what_was_changed_added_or_removed(built):
    build = publish(built(), NIGHT).path
    assert verify(build) == []
    flip_a_bit(build / "parquet" / "events.parquet")
    (build / "extra.csv").write_text("x")
    (build / "coffer.duckdb").unlink()
    assert verify(build) == [
        "coffer.duckdb is missing.",
        "extra.csv is not listed in SHA256SUMS.",
        "parquet/events.parquet has changed since it was published.",
    ]


def test_a_failed_check_is_named_with_its_rows_and_yesterday_stays(built):
    yesterday = publish(built(sales=2), NIGHT)
    with pytest.raises(AuditFailed) as refusal:
        publish(built(sales=3, failing="legs_of_an_event_sum_to_zero"), NIGHT + timedelta(days=1))
    assert str(refusal.value).splitlines() == [
        "1 check failed:",
        "  legs_of_an_event_sum_to_zero: 7 rows",
        *(f"    event_id=e{i}, note=\\x1b[2J" for i in range(5)),
    ]
    assert current(built()).path == yesterday.path


def test_a_warning_is_published_and_listed(built):
    build = publish(built(failing="a_sale_has_a_price", severity="warn"), NIGHT)
    assert build.manifest["checks"] == {
        "passed": 2,
        "warnings": [
            {"name": "a_sale_has_a_price", "failures": 7, "owner": "controller", "query": "select 'of it'"}
        ],
    }


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("drop table audit.checks", "did not get to its end"),
        ("delete from audit.checks where check_name = 'a_law'", "left out a_law"),
        ("alter table audit.checks drop column query", "Another version of Coffer built the warehouse"),
    ],
    ids=["killed", "a selection", "another version"],
)
def test_what_is_not_one_whole_build_is_refused(built, what, reason):
    settings = built()
    with duckdb.connect(settings.warehouse) as warehouse:
        warehouse.execute(what)
    with pytest.raises(AuditFailed, match=reason):
        publish(settings, NIGHT)
    assert current(settings) is None


def test_a_mart_that_the_project_does_not_know_is_refused(built):
    settings = built()
    with duckdb.connect(settings.warehouse) as warehouse:
        warehouse.execute("create table marts.leftover as select 1 as x")
    with pytest.raises(AuditFailed, match="do not agree on: leftover"):
        publish(settings, NIGHT)


def test_a_failed_publication_gives_its_space_back(built, monkeypatch):
    settings = built()

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(builds, "_seal", full_disk)
    with pytest.raises(OSError, match="No space left"):
        publish(settings, NIGHT)
    assert list((settings.published / "builds").iterdir()) == []


def test_old_builds_go_but_never_the_current_one(built):
    first = publish(built(sales=1), NIGHT)
    for night in range(1, KEEP + 1):
        first.path.with_name(f"202701{night:02}T023000Z-00000000").mkdir()
    last = publish(built(sales=2), NIGHT + timedelta(days=1))
    kept = sorted(path.name for path in last.path.parent.iterdir())
    assert first.path.name not in kept
    assert last.path.name in kept, "older than the 14 newest, but current"
    assert len(kept) == KEEP + 1


def test_going_back_names_the_build_before_and_the_next_night_publishes_again(built):
    settings = built(sales=1)
    first = publish(settings, NIGHT)
    second = publish(built(sales=2), NIGHT + timedelta(days=1))
    assert [build.path for build in builds.kept(settings)] == [second.path, first.path]
    assert builds.go_back(settings).path == first.path
    assert current(settings).path == first.path
    with pytest.raises(ValueError, match="no build before the current one"):
        builds.go_back(settings)
    assert builds.go_back(settings, second.path.name).path == second.path
    builds.go_back(settings)
    assert publish(settings, NIGHT + timedelta(days=2)).is_new


def test_going_back_to_a_build_that_is_damaged_or_not_there_is_refused(built):
    settings = built(sales=1)
    first = publish(settings, NIGHT)
    second = publish(built(sales=2), NIGHT + timedelta(days=1))
    first.database.chmod(0o644)
    with first.database.open("r+b") as file:
        file.write(b"x")
    for build_id, said in ((None, "is damaged"), ("20010101T000000Z-00000000", "There is no build")):
        with pytest.raises(ValueError, match=said):
            builds.go_back(settings, build_id)
    assert current(settings).path == second.path


def test_readers_see_every_build_whole_while_builds_are_switched(built):
    settings = built(sales=1)
    odd = publish(settings, NIGHT)
    even = publish(built(sales=2), NIGHT + timedelta(days=1))
    databases = [odd.database.read_bytes(), even.database.read_bytes()]
    errors, seen, done = [], [], threading.Event()

    def read():
        while not done.is_set():
            try:
                database = current(settings).database
                seen.append(ask(database, "select count(*) from marts.events cross join marts.disposals"))
            except Exception as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for night in range(2, 22):
        aside = builds.start(settings)
        (aside / "coffer.duckdb").write_bytes(databases[night % 2])
        builds.finish(settings, aside, {"build_id": f"20270101T0000{night:02}Z"})
    done.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert {rows for [(rows,)] in seen} <= {1, 4}


# Publishes and kills itself at its n-th change of the file system (0: never); says how many there were.
PUBLISH_UNTIL = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from dagster_project.published.publish import publish
from dagster_project.settings import Settings

CHANGES = ("os.mkdir", "os.chmod", "os.rename", "os.symlink", "os.remove", "os.rmdir")
fatal, count = int(sys.argv[3]), 0

def watch(event, arguments):
    global count
    if event in CHANGES or (event == "open" and arguments[2] & os.O_CREAT):
        count += 1
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(Path(sys.argv[1]), Path("inbox"), Path("seeds"))
sys.addaudithook(watch)
publish(settings, datetime.fromisoformat(sys.argv[2]))
print(count)
"""


def publish_until(settings, change, when):
    arguments = [sys.executable, "-c", PUBLISH_UNTIL, str(settings.data), when.isoformat(), str(change)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_killed_at_any_change_of_the_file_system_a_whole_build_stays_and_the_next_heals(built):
    settings = built(sales=1)
    changes = int(publish_until(settings, 0, NIGHT).stdout)
    for night, change in enumerate(range(1, changes + 1, 3), start=2):
        before = current(settings)
        built(sales=night)
        assert publish_until(settings, change, NIGHT + timedelta(days=night)).returncode == -9
        after = current(settings)
        assert verify(after.path) == []
        assert after.rows["events"] in (before.rows["events"], night)
    healed = publish(settings, NIGHT + timedelta(days=100))
    assert healed.rows["events"] == night
    assert verify(healed.path) == []
    assert not list(settings.published.rglob("*.tmp"))
