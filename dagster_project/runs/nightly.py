"""The nightly job: one job over all assets, its schedule, and the lock and record that a run holds."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from string import Template

import dagster as dg

from dagster_project.runs import alerts, run_log
from dagster_project.runs.deadline import GRACE_SECONDS, ending_after
from dagster_project.runs.lock import WAIT_SECONDS, AlreadyRunning, writing
from dagster_project.runs.orphans import fail_left_in_lock, fail_run
from dagster_project.runs.run import Run
from dagster_project.settings import Settings
from dagster_project.storage import disk

log = logging.getLogger("coffer")

KEEP_RUNS = 60  # in Dagster's history, 3 MB each; the run log goes back further
RETRY = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)

NIGHTLY = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Ask the feeds, land the inbox, build and audit the marts, publish them: one by one.",
    executor_def=dg.in_process_executor,
    op_retry_policy=RETRY,
)


class TookTooLong(RuntimeError):
    """A run was still at work when its time was over."""


def every_night(settings: Settings) -> dg.ScheduleDefinition:
    """A run starts every night while `coffer dev` (or Dagster's daemon) runs."""
    return dg.ScheduleDefinition(
        name="every_night",
        job=NIGHTLY,
        cron_schedule=settings.schedule,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def run_resource(settings: Settings, record: Run | None = None) -> dg.ResourceDefinition:
    """What every asset needs: the sole right to write, for the whole run, and the run's record."""

    @dg.resource(
        config_schema={"wait_seconds": dg.Field(float, default_value=WAIT_SECONDS)},
        description="One writer at a time: holds the lock of the data folder while a run lasts.",
    )
    @contextmanager
    def lock_and_record(context: dg.InitResourceContext) -> Iterator[Run]:
        run = record or Run(datetime.now(UTC))
        run_id = context.run.run_id if context.run else ""

        def give_up() -> None:
            run.failure = TookTooLong(
                f"The run took longer than {settings.max_hours:g} hours (COFFER_MAX_HOURS) and was ended."
            )
            log.error(str(run.failure))
            run_log.write(settings, run, datetime.now(UTC))
            fail_run(context.instance, run_id, str(run.failure))
            close(settings, run)  # last: nobody may answer

        try:
            with writing(settings, context.resource_config["wait_seconds"], run_id) as died:
                fail_left_in_lock(context.instance, died)
                try:
                    with ending_after(settings.max_hours * 3600, give_up):
                        with run.step("Looking for room"):
                            disk.remove_leftovers(settings)
                            _forget_old_runs(settings, context.instance)
                            disk.require_room(settings)
                        yield run
                finally:
                    close(settings, run)
        except AlreadyRunning as error:
            run.failure = error
            raise

    return lock_and_record


def prepare_home(settings: Settings) -> dg.DagsterInstance:
    """Write Dagster's settings into its home and open its run history."""
    settings.dagster_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    yaml = Template(Path(__file__).with_name("dagster.yaml").read_text())
    # A run ends itself in time; the daemon ends those whose machine is gone.
    seconds = round(settings.max_hours * 3600) + 2 * GRACE_SECONDS
    (settings.dagster_home / "dagster.yaml").write_text(yaml.substitute(max_runtime_seconds=seconds))
    return dg.DagsterInstance.from_config(str(settings.dagster_home))


def close(settings: Settings, run: Run) -> None:
    """Send a run's alert and write the run down; the caller holds the lock."""
    run.sent = alerts.send_alert(settings, run, datetime.now(UTC))
    run_log.write(settings, run, datetime.now(UTC))


def _forget_old_runs(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Dagster forgets no run by itself, and keeps a file for each."""
    for run in instance.get_runs()[KEEP_RUNS:]:
        if run.is_finished:
            instance.delete_run(run.run_id)
            (settings.dagster_home / "history" / "runs" / f"{run.run_id}.db").unlink(missing_ok=True)
