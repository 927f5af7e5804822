"""Runs whose process is gone: Dagster would show them at work, and its queue would wait for them."""

from contextlib import suppress
from typing import Any

import dagster as dg

from dagster_project.runs.lock import WAIT_SECONDS, AlreadyRunning, writing
from dagster_project.settings import Settings

SILENT_SECONDS = 60.0  # longer than it takes a run from its start to the lock, or from the lock to its end


def fail_dead_run(settings: Settings, instance: dg.DagsterInstance, wait_seconds: float = 0) -> None:
    """Mark a run as failed that was killed while it held the lock; AlreadyRunning if somebody is writing."""
    with writing(settings, wait_seconds) as died:
        fail_left_in_lock(instance, died)


def fail_left_in_lock(instance: dg.DagsterInstance, run_id: str) -> None:
    """Mark the run as failed that a killed process left in the lock, if there is one."""
    fail_run(instance, run_id, "The process was killed: it left its name in the lock.")


def fail_orphaned_runs(settings: Settings, instance: dg.DagsterInstance, now: float) -> None:
    """Mark runs as failed whose process is gone though they never got the lock; `now` is in epoch seconds.

    Dagster's queue would wait for them. Such a run is shown at work, has written no event for longer than it
    may wait for the lock, and the lock is free.
    """
    with suppress(AlreadyRunning):
        if _orphaned_runs(instance, now):
            with writing(settings):
                for run in _orphaned_runs(instance, now):
                    instance.report_run_failed(
                        run, "The process is gone: it writes no events and does not hold the lock."
                    )


def _orphaned_runs(instance: dg.DagsterInstance, now: float) -> list[dg.DagsterRun]:
    def may_be_silent(run: dg.DagsterRun) -> float:
        config: Any = run.run_config
        resource = config.get("resources", {}).get("run", {})
        return resource.get("config", {}).get("wait_seconds", WAIT_SECONDS) + SILENT_SECONDS

    def last_event(record: dg.RunRecord) -> float:
        latest = instance.get_records_for_run(record.dagster_run.run_id, limit=1, ascending=False).records
        return latest[0].timestamp if latest else record.update_timestamp.timestamp()

    at_work = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    return [it.dagster_run for it in at_work if now - last_event(it) > may_be_silent(it.dagster_run)]


def fail_run(instance: dg.DagsterInstance, run_id: str, why: str) -> None:
    """Mark a run as failed that Dagster still shows at work."""
    run = instance.get_run_by_id(run_id) if run_id else None
    if run and not run.is_finished:  # else it would be shown as running permanently
        instance.report_run_failed(run, why)
