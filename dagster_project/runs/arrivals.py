"""A file that is dropped into the inbox starts a run by itself, once it no longer changes.

A look is the list of deliveries with their sizes and times. What is as it was a look ago, and was not written
a moment ago, is whole; while a file is still being copied, none starts a run.
"""

import hashlib
import json
import time
from collections.abc import Callable

import dagster as dg

from dagster_project.landing.contracts import load_contracts
from dagster_project.landing.inbox import list_entries, why_ignored
from dagster_project.runs.nightly import NIGHTLY
from dagster_project.runs.orphans import fail_orphaned_runs
from dagster_project.settings import Settings

LOOK_SECONDS = 60
SETTLE_SECONDS = 30.0
AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def when_files_arrive(settings: Settings, clock: Callable[[], float] = time.time) -> dg.SensorDefinition:
    """Looks at the inbox every minute while `coffer dev` runs; its cursor is the last look and last begun."""

    @dg.sensor(
        name="when_files_arrive",
        job=NIGHTLY,
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts a run when new files lie in the inbox, complete, and none is running.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        fail_orphaned_runs(settings, context.instance, clock())  # Dagster's queue would wait for them
        seen, begun = json.loads(context.cursor or '["", ""]')
        try:
            now, newest = _look(settings)
        except FileNotFoundError as error:
            return dg.SkipReason(str(error))
        context.update_cursor(json.dumps([now, begun]))
        if now == begun:
            return dg.SkipReason("Nothing is new since the last run that a file started.")
        if now != seen or 0 <= clock() - newest < SETTLE_SECONDS:  # a time in the future says nothing
            return dg.SkipReason("Files have just come or are still growing.")
        if context.instance.get_runs(dg.RunsFilter(job_name=NIGHTLY.name, statuses=AT_WORK), limit=1):
            return dg.SkipReason("A run is in progress; the new files wait for its end.")
        context.update_cursor(json.dumps([now, now]))
        return dg.RunRequest(run_key=now)

    return look


def _look(settings: Settings) -> tuple[str, float]:
    """A digest of all deliveries in the inbox, and the time of the newest."""
    digest, newest = hashlib.sha256(), 0.0
    for entry in list_entries(settings.inbox, {c.source for c in load_contracts(settings.staging)}):
        if entry.status and not why_ignored(entry):
            digest.update(
                f"{entry.source_file}\0{entry.status.st_size}\0{entry.status.st_mtime_ns}\n".encode()
            )
            newest = max(newest, entry.status.st_mtime)
    return digest.hexdigest(), newest
