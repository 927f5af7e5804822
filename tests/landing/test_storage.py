"""What landing stores survives kills, full disks, and the loss of raw; damage is never passed over."""

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.landing import raw, rebuild_raw
from dagster_project.landing.archive import DamagedFile
from dagster_project.settings import ROOT
from dagster_project.storage.database import connect


def test_what_landing_writes_is_for_its_owner_alone(house):
    house.deliver("balances.csv")
    house.deliver("unknown.csv")
    house.land()
    files = [house.settings.raw, *house.settings.landing.rglob("*.*"), *house.settings.rejected.glob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [house.settings.landing, house.settings.landing / "treasury_csv", house.settings.rejected]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_the_umask_of_the_process_is_put_back(house):
    umask = os.umask(0o027)
    house.land()
    assert os.umask(umask) == 0o027


def test_raw_can_be_rebuilt_from_the_copies_alone(house):
    house.deliver("balances.csv", house.balances + "too,few\n")
    house.deliver("2026/balances.csv", house.balances.replace("cango", "other"))
    house.land()
    before = house.tables()
    shutil.rmtree(house.settings.inbox)
    with connect(house.settings.raw) as connection:
        connection.execute("delete from treasury_csv.balances")
    report = rebuild_raw(house.settings)
    assert house.tables() == before
    assert report.rows_landed == report.rows_accepted + report.rows_rejected == 5
    house.settings.raw.unlink()
    house.settings.inbox.mkdir()
    house.land(house.now + timedelta(days=9))
    assert house.tables() == before


DAMAGES = {
    "the copy is changed": ("*.csv", lambda path: path.write_text("x")),
    "the copy is gone": ("*.csv", Path.unlink),
    "the sidecar is changed": ("*.json", lambda path: path.write_text("{}")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_stops_a_rebuild_and_leaves_raw_alone(house, damage):
    pattern, harm = DAMAGES[damage]
    house.deliver("balances.csv")
    house.land()
    before = house.tables()
    [path] = house.settings.landing.rglob(pattern)
    harm(path)
    with pytest.raises(DamagedFile, match=path.name):
        rebuild_raw(house.settings)
    assert house.tables() == before


def test_a_full_disk_stops_the_landing_by_name_and_the_next_one_heals(house, monkeypatch):
    house.deliver("balances.csv")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match=r"No space left on device.*incoming"):
        patch.setattr(os, "fsync", full)
        house.land()
    assert not house.copies()
    assert house.land().rows_accepted == 2


@pytest.mark.parametrize("restore", ["land", "rebuild"])
def test_the_log_of_a_lost_database_does_not_get_into_the_next_one(house, restore):
    house.deliver("balances.csv")
    house.land()
    before = house.tables()
    with duckdb.connect(house.settings.data / "lost.duckdb") as lost:
        lost.execute("create table ghost as select 1")
        shutil.copyfile(raw.log_of(house.settings.data / "lost.duckdb"), raw.log_of(house.settings.raw))
    house.settings.raw.unlink()
    house.land() if restore == "land" else rebuild_raw(house.settings)
    assert house.tables() == before


def test_what_a_killed_landing_was_writing_is_removed(house):
    house.deliver("balances.csv")
    house.land()
    before = house.copies()
    (house.settings.landing / "treasury_csv" / ".incoming").write_text("half a fi")
    (house.settings.raw.with_name("raw.duckdb.tmp")).mkdir()
    house.land()
    assert house.copies() == before
    assert not house.settings.raw.with_name("raw.duckdb.tmp").exists()


# Forks a landing that kills itself before step k, or after a while, for each data folder it is given.
KILLED = """
import os, signal, sys, time
from datetime import datetime
from pathlib import Path
from dagster_project.landing import archive, raw
from dagster_project import landing
from dagster_project.settings import Settings

inbox, seeds, now, *deaths = sys.argv[1:]
os.fsync = lambda descriptor: None
steps = 0

def dying(function, last):
    def step(*arguments, **options):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return step

for folder, moment in zip(deaths[::2], map(float, deaths[1::2])):
    child = os.fork()
    if not child:
        if moment >= 1:
            for module, name in [(os, "fsync"), (os, "replace"), (raw, "append"), (raw, "record_accepted"),
                                 (raw, "record_refused"), (archive, "withdraw_rejection"), (Path, "unlink")]:
                setattr(module, name, dying(getattr(module, name), int(moment)))
        settings = Settings(data=Path(folder), inbox=Path(inbox), seeds=Path(seeds))
        landing.land(settings, datetime.fromisoformat(now), settle_seconds=0)
        os._exit(0)
    if moment < 1:
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def kill_and_heal(house, steps: int = 0, moments: int = 0) -> list[int]:
    """Kill a landing before each step and at random moments, heal it, compare; returns the exit codes."""
    started = time.monotonic()
    house.land()
    seconds = min(time.monotonic() - started, 0.9)
    uninterrupted = house.tables(), house.copies(), house.rejections()
    dice = random.Random(20261123)
    deaths = [*range(1, steps + 1), *(dice.uniform(0, seconds) for _ in range(moments))]
    folders = [house.settings.data.with_name(f"killed {number}") for number in range(len(deaths))]
    arguments = [str(part) for pair in zip(folders, deaths, strict=True) for part in pair]
    places = [str(house.settings.inbox), str(house.settings.seeds)]
    command = [sys.executable, "-c", KILLED, *places, house.now.isoformat(), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    for folder in folders:
        killed = replace(house, settings=replace(house.settings, data=folder))
        killed.land()
        assert (killed.tables(), killed.copies(), killed.rejections()) == uninterrupted
    print(result.stdout.split())
    return [int(code) for code in result.stdout.split()]


def test_a_landing_killed_before_any_of_its_steps_heals(house):
    house.deliver("balances.csv", house.balances + "too,few\n")
    house.deliver("unknown.csv")
    codes = kill_and_heal(house, steps=22)
    assert set(codes[:14]) == {-signal.SIGKILL}
    assert codes[-1] == 0  # it has fewer steps than that, so none was left out


def test_a_landing_killed_at_any_moment_heals(house):
    house.deliver("balances.csv", house.balances)
    house.deliver("balances long.csv", house.header + house.rows * 15_000)
    codes = kill_and_heal(house, moments=8)
    assert -signal.SIGKILL in codes
