"""`coffer dev` as operators run it, with Dagster's daemon, a schedule and a person beside it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.published.builds import current, verify
from dagster_project.runs.nightly import NIGHTLY, prepare_home
from dagster_project.settings import ROOT, Settings

COFFER = Path(sys.executable).with_name("coffer")
PATIENCE_SECONDS = 400


def kill_all(settings: Settings) -> int:
    """Kill every process of this house, whoever started it, as a machine does that loses its power."""
    mark, count = f"DAGSTER_HOME={settings.dagster_home}".encode(), 0
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in environment.read_bytes().split(b"\0"):
                os.kill(int(environment.parent.name), signal.SIGKILL)
                count += 1
    return count


@contextmanager
def dev(settings: Settings) -> Iterator[subprocess.Popen]:
    """A house with its daemon, which begins a night every minute."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | settings.environment() | {"PYTHONPATH": str(ROOT)}
    with open(settings.data.parent / "dev.log", "a") as log:
        server = subprocess.Popen(
            [COFFER, "dev", "--port", str(port)], env=environment, stdout=log, stderr=log
        )
    try:
        yield server
    finally:
        kill_all(settings)
        server.wait()


def wait_for(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, but: set[str] = frozenset()) -> str:
    """The id of a night that has come so far."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        runs = instance.get_runs(dg.RunsFilter(job_name=NIGHTLY.name, statuses=[status]))
        if found := [run.run_id for run in runs if run.run_id not in but]:
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"No night became {status} within {PATIENCE_SECONDS} s.")


@pytest.mark.deep
def test_a_machine_that_dies_with_its_daemon_begins_the_next_night_by_itself(small, figure):
    """C18: all processes of the house are killed in the midst of a night, and it is started again."""
    settings = replace(small, schedule="* * * * *")
    with prepare_home(settings) as instance:
        with dev(settings):
            dead = wait_for(instance, dg.DagsterRunStatus.STARTED)
            killed = kill_all(settings)
        assert killed >= 3  # the UI, the daemon and the night at least
        assert instance.get_run_by_id(dead).status == dg.DagsterRunStatus.STARTED
        began = time.monotonic()
        with dev(settings):
            wait_for(instance, dg.DagsterRunStatus.SUCCESS)
            seconds = time.monotonic() - began
        assert instance.get_run_by_id(dead).status == dg.DagsterRunStatus.FAILURE
    assert verify(current(settings).path) == []
    figure(
        "C18-daemon",
        f"{killed} processes killed in the midst of a night; started again, the dead run was shown as failed "
        f"and the next night published after {seconds:.0f} s",
    )


@pytest.mark.deep
def test_a_person_a_schedule_and_a_sensor_never_write_at_once(small, figure):
    """L01: `coffer nightly` beside a night of the daemon leaves; the daemon's nights follow one another."""
    settings = replace(small, schedule="* * * * *")
    environment = os.environ | settings.environment() | {"PYTHONPATH": str(ROOT)}
    with prepare_home(settings) as instance, dev(settings):
        first = wait_for(instance, dg.DagsterRunStatus.STARTED)
        command = [COFFER, "nightly", "--wait", "0"]
        person = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert instance.get_run_by_id(first).status == dg.DagsterRunStatus.STARTED
        second = wait_for(instance, dg.DagsterRunStatus.SUCCESS, but={first})
        times = [instance.get_run_stats(run) for run in (first, second)]
    assert person.returncode == 1
    assert "process" in person.stderr
    assert times[0].end_time <= times[1].start_time
    assert verify(current(settings).path) == []
    figure(
        "L01-live",
        "a person was refused with the process id of the night at work; the next one followed its end",
    )
