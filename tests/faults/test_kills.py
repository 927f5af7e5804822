"""Killed at any change of the file system, at any moment, inside a checkpoint: the next night heals."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dagster_project import landing
from dagster_project.landing import raw
from dagster_project.published.publish import publish
from dagster_project.settings import ROOT
from tests.faults.houses import (
    DEEP,
    NOW,
    assert_no_row_is_lost,
    clone,
    raw_tables,
    whole_digest,
    write_balances,
)

KILLED = -signal.SIGKILL
LATER = NOW + timedelta(days=1)


def leftovers(settings):
    return [
        path
        for path in settings.data.rglob("*")
        if path.suffix in (".tmp", ".wal") or ".incoming" in path.name
    ]


def names(settings):
    folders = (settings.landing, settings.rejected)
    return sorted(path.name for folder in folders for path in folder.rglob("*") if path.is_file())


@pytest.mark.deep
def test_a_publication_killed_at_every_call_leaves_a_whole_build_and_heals(built, tmp_path, inject, figure):
    """C02: each call that changes the file system is once the last one."""
    settings = built(sales=1)
    old = publish(settings, NOW).manifest["digest"]
    built(sales=2)
    dry = clone(settings, tmp_path / "dry")
    calls = inject(dry, "publish", now=LATER).calls
    new = whole_digest(dry)
    assert new != old
    found = []
    for call in range(1, calls + 1):
        killed = clone(settings, tmp_path / "killed")
        assert inject(killed, "publish", "kill", call, LATER).code == KILLED
        found.append(whole_digest(killed))
        assert inject(killed, "publish", now=LATER + timedelta(days=1)).code == 0
        assert whole_digest(killed) == new
        assert leftovers(killed) == []
        shutil.rmtree(killed.data)
    assert set(found) == {old, new}
    figure(
        "C02",
        f"killed at each of {calls} calls: {found.count(old)} times yesterday's build was published, "
        f"{found.count(new)} times today's, 0 times anything else; healed {calls} of {calls}",
    )


@pytest.mark.deep
def test_a_landing_killed_at_every_call_loses_no_row_and_heals(small, tmp_path, inject, figure):
    """C02: landing's half of it."""
    dry = replace(small, data=tmp_path / "dry")
    calls = inject(dry, "land").calls
    undisturbed = raw_tables(dry), names(dry)
    assert_no_row_is_lost(undisturbed[0])
    for call in range(1, calls + 1):
        killed = replace(small, data=tmp_path / f"killed {call}")
        assert inject(killed, "land", "kill", call).code == KILLED
        assert inject(killed, "land").code == 0
        assert (raw_tables(killed), names(killed)) == undisturbed
        assert leftovers(killed) == []
    figure(
        "C02-landing", f"killed at each of {calls} calls: healed {calls} of {calls}, 0 rows lost or doubled"
    )


@pytest.mark.parametrize(
    "part",
    [*(pytest.param(part, marks=pytest.mark.deep) for part in ("land", "rebuild")), "publish", "switch"],
)
def test_a_part_killed_at_any_moment_heals(part, built, small, tmp_path, inject, dice, figure):
    """C01: SIGKILL after a random while, whatever DuckDB is just writing."""
    if part in ("land", "rebuild"):
        write_balances(small, "balances-long.csv", 20_000)
        settings = small
        inject(settings, "land") if part == "rebuild" else settings.data.mkdir()
    else:
        settings = built(sales=1)
        publish(settings, NOW)
        built(sales=2_000)
        if part == "switch":
            publish(settings, LATER)
    healing = {"rebuild": "land", "switch": "publish"}.get(part, part)
    dry = clone(settings, tmp_path / "dry")
    seconds = inject(dry, part, now=LATER).seconds
    inject(dry, healing, now=LATER)
    undisturbed = raw_tables(dry), whole_digest(dry)
    kills, died = (40 if DEEP else 4), 0
    while died < kills:
        killed = clone(settings, tmp_path / "killed")
        moment = dice.uniform(0, seconds)
        if inject(killed, part, "late", moment, LATER).code == KILLED:
            died += 1
        else:
            seconds = moment  # it was through by then: the first time takes longer than the next ones
        assert whole_digest(killed) or part in ("land", "rebuild")
        assert inject(killed, healing, now=LATER).error == "", moment
        assert (raw_tables(killed), whole_digest(killed)) == undisturbed, moment
        shutil.rmtree(killed.data)
    figure(f"C01-{part}", f"{kills} kills at random moments: healed {kills} of {kills}")


CHECKPOINTS = """
import sys
from datetime import datetime
from pathlib import Path
import duckdb
from dagster_project.storage import database
from dagster_project import landing
from dagster_project.settings import Settings

settings = Settings(*map(Path, sys.argv[1:4]))
real = duckdb.connect

def connect(*arguments, **options):
    connection = real(*arguments, **options)
    connection.execute(f"set debug_checkpoint_abort = '{sys.argv[4]}'")
    return connection

database.duckdb.connect = connect
landing.land(settings, datetime.fromisoformat(sys.argv[5]), settle_seconds=0)
"""


@pytest.mark.parametrize(
    "moment", ["before_wal_flush", "before_truncate", "before_header", "after_free_list_write"]
)
def test_a_checkpoint_that_is_cut_off_is_an_error_and_heals(small, tmp_path, moment, figure):
    """C05: DuckDB itself gives up inside of a checkpoint."""
    landing.land(small, NOW, settle_seconds=0)
    write_balances(small, "balances-more.csv", 2_000)
    dry = clone(small, tmp_path / "dry")
    landing.land(dry, LATER, settle_seconds=0)
    folders = [str(folder) for folder in (small.data, small.inbox, small.seeds)]
    command = [sys.executable, "-c", CHECKPOINTS, *folders, moment, LATER.isoformat()]
    cut = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert cut.returncode != 0
    assert "FatalException" in cut.stderr
    landing.land(small, LATER, settle_seconds=0)
    assert raw_tables(small) == raw_tables(dry)
    assert not raw.log_of(small.raw).exists()
    figure("C05", "cut off at each of 4 points of a checkpoint: exit code 1, healed 4 of 4, 0 rows lost")


def test_files_are_on_disk_before_they_get_their_names_and_folders_after(built, monkeypatch, figure):
    """C17: fsync of every file, then the renames of folder and link, each before the fsync of its folder."""
    settings = built()
    events = []
    real_sync, real_rename, real_replace = os.fsync, Path.rename, Path.replace

    def sync(descriptor):
        events.append(("sync", Path(os.readlink(f"/proc/self/fd/{descriptor}"))))
        real_sync(descriptor)

    def moving(real):
        def move(path, target):
            events.append(("move", Path(target)))
            return real(path, target)

        return move

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", moving(real_rename))
    monkeypatch.setattr(Path, "replace", moving(real_replace))
    build = publish(settings, NOW).path
    aside, link = build.with_name("next.tmp"), settings.published / "current"
    named, switched = events.index(("move", build)), events.index(("move", link))
    files = {("sync", aside / path.relative_to(build)) for path in build.rglob("*")} | {("sync", aside)}
    assert files <= set(events[:named])
    assert ("sync", build.parent) in events[named:switched]
    assert ("sync", settings.published) in events[switched:]
    figure(
        "C17",
        f"{len(files)} files and folders on disk before the build has its name, its folder before the switch",
    )


def test_what_dead_runs_left_is_removed_before_the_next_one_writes(built, inject, figure):
    """C10: spill files, half builds and second databases of ten runs that died."""
    settings = built()
    left = [
        "warehouse.duckdb.tmp/duckdb_temp_storage_DEFAULT-0.tmp",
        "raw.duckdb.tmp/duckdb_temp_storage_DEFAULT-0.tmp",
        "raw.rebuilt.duckdb",
        "raw.rebuilt.duckdb.wal",
        *(f"verify-{number}.tmp/again/raw.duckdb" for number in range(10)),
        "runs/20261123T023000Z.tmp",
        "published/builds/next.tmp/parquet/events.parquet",
        "published/builds/spill.tmp/duckdb_temp_storage_DEFAULT-0.tmp",
        "published/current.tmp",
    ]
    before = {path for path in settings.data.rglob("*")}
    for name in left:
        (settings.data / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.data / name).write_bytes(bytes(1_000_000))
    refused = inject(settings, "switch")  # it has nothing to go back to, but it held the lock
    assert "no build before" in refused.error
    assert {path for path in settings.data.rglob("*") if path.is_file()} - before == {settings.lock}
    figure(
        "C10",
        f"{len(left)} MB of {len(left)} kinds of leftovers: 0 MB left when the next run begins to write",
    )


@pytest.mark.deep
def test_a_build_killed_at_any_moment_publishes_nothing_and_the_next_one_heals(
    night, tmp_path, inject_builds, dice, figure
):
    """C01: dbt is killed while it builds the sample, again and again, and then left alone."""
    settings = clone(night.settings, tmp_path / "data")
    before = whole_digest(settings)
    seconds = inject_builds(settings, "build").seconds
    kills, died = 24, 0
    for number in range(kills):
        died += inject_builds(settings, "build", "late", dice.uniform(0, seconds), LATER).code == KILLED
        half = inject_builds(settings, "publish", now=LATER)
        assert half.code == 0 or "AuditFailed" in half.error or "There is no" in half.error, half
        assert whole_digest(settings) == before
        if number % 6 == 5:
            assert inject_builds(settings, "build", now=LATER).code == 0
            assert inject_builds(settings, "publish", now=LATER).error == ""
            assert whole_digest(settings) == before
    assert died
    figure(
        "C01-build",
        f"{kills} kills at random moments of a build, {died} in time: published 0 half builds, healed 4 of 4",
    )
