"""Nights that hang, collide, or have no room: each ends, says why, and lets the next one begin."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import dagster as dg
import pytest

from dagster_project.runs import nightly, run_log
from dagster_project.runs.lock import AlreadyRunning, writing
from dagster_project.runs.nightly import prepare_home, run_resource
from dagster_project.runs.run import Run
from dagster_project.settings import ROOT
from dagster_project.storage import disk
from tests.faults.houses import NOW


@dg.op(required_resource_keys={"night"})
def work() -> None:
    """Nothing; the resource is what is tested."""


@dg.job
def a_night():
    """A night without a house."""
    work()


def run(settings, wait_seconds=0.0):
    """One night through Dagster, with the lock, the look for room and the journal of a real one."""
    notebook = Run(NOW)
    job = dg.JobDefinition(
        name="a_night", graph_def=a_night.graph, resource_defs={"night": run_resource(settings, notebook)}
    )
    config = {
        "resources": {"night": {"config": {"wait_seconds": wait_seconds}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with prepare_home(settings) as instance:
        result = job.execute_in_process(config, instance, raise_on_error=False)
    return result.success, notebook


HANG = """
import ctypes, os, sys, time
from pathlib import Path
import dagster as dg
from dagster_project.runs import deadline
from dagster_project.runs.nightly import run_resource, prepare_home
from dagster_project.settings import Settings

deadline.GRACE_SECONDS = 1
settings = Settings(Path(sys.argv[1]), Path("inbox"), Path("seeds"), max_hours=1 / 3600)

@dg.op(required_resource_keys={"night"})
def hang():
    print("at work", flush=True)
    if sys.argv[2] == "all of Python":
        ctypes.PyDLL(None).sleep(600)  # keeps the GIL
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass  # asks nobody

job = dg.JobDefinition(name="hang", graph_def=dg.GraphDefinition("hang", node_defs=[hang]),
                       resource_defs={"night": run_resource(settings)})
with prepare_home(settings) as instance:
    job.execute_in_process(instance=instance)
"""


@pytest.mark.parametrize("what", ["a step", "all of Python"])
def test_a_night_that_hangs_is_ended_and_its_lock_is_free(settings, what, figure):
    """O03: a limit of a second; a step that catches every interrupt, and one that stops all threads."""
    command = [sys.executable, "-c", HANG, str(settings.data), what]
    began = time.monotonic()
    hanging = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=ROOT)
    seconds = time.monotonic() - began
    assert "at work" in hanging.stdout
    assert hanging.returncode == 1
    with writing(settings):
        pass
    with prepare_home(settings) as instance:
        [hung] = instance.get_runs()
        if what == "a step":
            assert hung.status == dg.DagsterRunStatus.FAILURE
            assert "took longer than 0.000277778 hours (COFFER_MAX_HOURS)" in run_log.last(settings)["error"]
        else:
            assert "most recent call first" in hanging.stderr  # where it hangs
    succeeded, _ = run(settings)
    assert succeeded
    figure("O03", f"limit of 1 s: ended after {seconds:.0f} s with start-up, lock free, the next night runs")


def test_a_night_without_room_is_refused_and_written_down(settings, monkeypatch, figure):
    """C07, O08: neither a step nor the lock is left behind."""
    with monkeypatch.context() as patch:
        patch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
        succeeded, notebook = run(settings)
    assert not succeeded
    assert isinstance(notebook.failure, disk.NoRoom)
    told = run_log.last(settings)
    assert told["outcome"] == "failed"
    assert "has room for 5.0 MB, and a run needs about 100.0 MB" in told["error"]
    assert run(settings)[0]


def test_a_night_that_collides_with_another_leaves_and_the_next_one_works(settings, figure):
    """L01, O06: whoever begins it, the schedule, the sensor or a person: the lock decides."""
    with writing(settings):
        began = time.monotonic()
        succeeded, notebook = run(settings)
        seconds = time.monotonic() - began
        assert not succeeded
        assert isinstance(notebook.failure, AlreadyRunning)
        assert f"process {os.getpid()}" in str(notebook.failure)
        assert not settings.run_log.exists()  # it is the other night's to tell
    assert run(settings)[0]
    figure("O06", f"refused after {seconds:.1f} s with the other's process id; the next one works")


def test_two_nights_at_once_make_one(settings, tmp_path, figure):
    """L01: ten processes want the lock at the same moment, and all of them get it in turn."""
    script = (
        "import sys, time; from pathlib import Path; from dagster_project.runs.lock import writing;"
        "from dagster_project.settings import Settings;"
        "s = Settings(Path(sys.argv[1]), Path('i'), Path('s'));\n"
        "with writing(s, 60):\n"
        "    count = s.data / 'count'; n = int(count.read_text()) if count.exists() else 0\n"
        "    time.sleep(0.02); count.write_text(str(n + 1))"
    )
    settings.data.mkdir()
    many = [subprocess.Popen([sys.executable, "-c", script, settings.data], cwd=ROOT) for _ in range(6)]
    assert [process.wait() for process in many] == [0] * 6
    assert (settings.data / "count").read_text() == "6"
    figure(
        "L01",
        "6 writers at once: one after the other, 0 updates lost; without waiting, refused with the id",
    )


def test_dagster_keeps_the_last_runs_and_no_more(settings, monkeypatch, figure):
    """C19: a run's history takes 3 MB, and nothing else ever removes it."""
    monkeypatch.setattr(nightly, "KEEP_RUNS", 2)
    for _ in range(5):
        assert run(settings)[0]
    with prepare_home(settings) as instance:
        kept = [run.run_id for run in instance.get_runs()]
    files = {path.stem for path in (settings.dagster_home / "history" / "runs").glob("*.db")} - {"index"}
    assert len(kept) == 2
    assert files == set(kept)
    figure("C19-dagster", "5 runs where 2 are kept: 2 in the history, 2 files")


def test_a_limit_of_its_own_reaches_the_daemon_and_the_night(settings):
    """O03: Dagster's daemon waits longer than the night itself, so that the night can say why."""
    longer = replace(settings, max_hours=10)
    with prepare_home(longer) as instance:
        assert instance.run_monitoring_settings["max_runtime_seconds"] == 36_120
    assert longer.environment()["COFFER_MAX_HOURS"] == "10"
    assert json.dumps(longer.environment())
