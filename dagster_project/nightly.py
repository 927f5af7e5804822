"""The night: one job over all assets, its schedule, its lock, and running it without the UI."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template

import dagster as dg

from dagster_project import alerts, disk, journal
from dagster_project.alerts import Told
from dagster_project.checks import AuditFailed
from dagster_project.deadline import GRACE_SECONDS, ending_after
from dagster_project.feeds import FeedReport
from dagster_project.landing import LandingReport
from dagster_project.lock import AlreadyRunning, writing
from dagster_project.publish import Published
from dagster_project.settings import Settings
from dagster_project.warehouse import Build, BuildFailed

log = logging.getLogger("coffer")

KEEP_RUNS = 60  # in Dagster's history, 3 MB each; `journal.py` remembers longer
WAIT_SECONDS = 10.0  # a second run waits this long for the first one, then leaves
SILENT_SECONDS = 60.0  # longer than it takes a run from its start to the lock, or from the lock to its end
RETRY = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)

NIGHTLY = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Ask the feeds, land the inbox, build and audit the marts, publish them: one by one.",
    executor_def=dg.in_process_executor,
    op_retry_policy=RETRY,
)


class TookTooLong(RuntimeError):
    """A night was still at work when its time was over."""


@dataclass
class Night:
    """One run of the house: its clock (UTC), what it has done so far, and what it last ran into."""

    now: datetime
    fetched: FeedReport | None = None
    landed: LandingReport | None = None
    built: Build | None = None
    published: Published | None = None
    failure: BaseException | None = None
    told: Told | None = None

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what begins and note what it runs into; what would end the same way is not tried again."""
        log.info(title)
        try:
            yield
        except (AuditFailed, BuildFailed) as error:
            self.failure = error
            raise dg.Failure(str(error), allow_retries=False) from error
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
            self.failure = KeyboardInterrupt()
            raise dg.Failure("Interrupted.", allow_retries=False) from error
        except Exception as error:
            self.failure = error
            raise


def every_night(settings: Settings) -> dg.ScheduleDefinition:
    """The night begins by itself while `coffer dev` (or Dagster's daemon) runs."""
    return dg.ScheduleDefinition(
        name="every_night",
        job=NIGHTLY,
        cron_schedule=settings.schedule,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def night_resource(settings: Settings, night: Night | None = None) -> dg.ResourceDefinition:
    """What every asset needs: the sole right to write, for the whole run, and the night's notebook."""

    @dg.resource(
        config_schema={"wait_seconds": dg.Field(float, default_value=WAIT_SECONDS)},
        description="One writer at a time: holds the lock of the data folder while a run lasts.",
    )
    @contextmanager
    def lock_and_notebook(context: dg.InitResourceContext) -> Iterator[Night]:
        notebook = night or Night(datetime.now(UTC))
        run_id = context.run.run_id if context.run else ""

        def give_up() -> None:
            notebook.failure = TookTooLong(
                f"The night took longer than {settings.max_hours:g} hours (COFFER_MAX_HOURS) and was ended."
            )
            log.error(str(notebook.failure))
            journal.write(settings, notebook, datetime.now(UTC))
            _fail(context.instance, run_id, str(notebook.failure))
            _close(settings, notebook)  # last: news may find nobody who answers

        try:
            with writing(settings, context.resource_config["wait_seconds"], run_id) as died:
                _bury(context.instance, died)
                try:
                    with ending_after(settings.max_hours * 3600, give_up):
                        with notebook.step("Looking for room"):
                            disk.remove_leftovers(settings)
                            _forget_old_runs(settings, context.instance)
                            disk.require_room(settings)
                        yield notebook
                finally:
                    _close(settings, notebook)
        except AlreadyRunning as error:
            notebook.failure = error
            raise

    return lock_and_notebook


def prepare_home(settings: Settings) -> dg.DagsterInstance:
    """Write Dagster's settings into its home and open its run history."""
    settings.dagster_home.mkdir(mode=0o700, parents=True, exist_ok=True)
    yaml = Template(Path(__file__).with_name("dagster.yaml").read_text())
    # The night ends itself in time; the daemon, those whose machine is gone.
    seconds = round(settings.max_hours * 3600) + 2 * GRACE_SECONDS
    (settings.dagster_home / "dagster.yaml").write_text(yaml.substitute(max_runtime_seconds=seconds))
    return dg.DagsterInstance.from_config(str(settings.dagster_home))


def run_night(settings: Settings, wait_seconds: float = WAIT_SECONDS) -> Night:
    """Run the nightly job in this process; the UI shows it like any other run.

    Raises what stopped it: AuditFailed, BuildFailed, AlreadyRunning, or whatever a step ran into.
    """
    from dagster_project.definitions import house  # which lists this module's job

    night = Night(datetime.now(UTC))
    config = {
        "resources": {"night": {"config": {"wait_seconds": wait_seconds}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},  # the house's own log says it better
    }
    with prepare_home(settings) as instance:
        bury_dead_run(settings, instance, wait_seconds)  # before the 5 s that loading dbt takes
        try:
            job = house(settings).resolve_job_def("nightly")
        except Exception as error:  # the dbt project does not parse: no run begins, and the night has failed
            night.failure = error
            with writing(settings, wait_seconds):
                _close(settings, night)
            raise
        resources = {"night": night_resource(settings, night)}
        result = job.execute_in_process(config, instance, resources=resources, raise_on_error=False)
    if not result.success:
        raise night.failure or RuntimeError(f"Dagster's run {result.run_id} failed outside of its steps.")
    return night


def _close(settings: Settings, night: Night) -> None:
    """Tell a night's news and write it down; the caller holds the lock."""
    night.told = alerts.tell(settings, night, datetime.now(UTC))
    journal.write(settings, night, datetime.now(UTC))


def bury_dead_run(settings: Settings, instance: dg.DagsterInstance, wait_seconds: float = 0) -> None:
    """Mark a run as failed that was killed while it held the lock; AlreadyRunning if somebody is writing."""
    with writing(settings, wait_seconds) as died:
        _bury(instance, died)


def _bury(instance: dg.DagsterInstance, run_id: str) -> None:
    _fail(instance, run_id, "The process was killed: it left its name in the lock.")


def bury_silent_runs(settings: Settings, instance: dg.DagsterInstance, now: float) -> None:
    """Mark runs as failed whose process is gone though they never got the lock; `now` is in epoch seconds.

    Dagster's queue would wait for them. Such a run is shown at work, tells nothing for longer than it may
    wait for the lock, and the lock is free.
    """
    with suppress(AlreadyRunning):
        if _silent_runs(instance, now):
            with writing(settings):
                for run in _silent_runs(instance, now):
                    instance.report_run_failed(run, "The process is gone: it tells nothing and has no lock.")


def _silent_runs(instance: dg.DagsterInstance, now: float) -> list[dg.DagsterRun]:
    def may_be_silent(run: dg.DagsterRun) -> float:
        night = run.run_config.get("resources", {}).get("night", {})
        return night.get("config", {}).get("wait_seconds", WAIT_SECONDS) + SILENT_SECONDS

    def last_told(record: dg.RunRecord) -> float:
        latest = instance.get_records_for_run(record.dagster_run.run_id, limit=1, ascending=False).records
        return latest[0].timestamp if latest else record.update_timestamp.timestamp()

    at_work = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    return [it.dagster_run for it in at_work if now - last_told(it) > may_be_silent(it.dagster_run)]


def _forget_old_runs(settings: Settings, instance: dg.DagsterInstance) -> None:
    """Dagster forgets no run by itself, and keeps a file for each."""
    for run in instance.get_runs()[KEEP_RUNS:]:
        if run.is_finished:
            instance.delete_run(run.run_id)
            (settings.dagster_home / "history" / "runs" / f"{run.run_id}.db").unlink(missing_ok=True)


def _fail(instance: dg.DagsterInstance, run_id: str, why: str) -> None:
    run = instance.get_run_by_id(run_id) if run_id else None
    if run and not run.is_finished:  # else it would be shown as running for ever
        instance.report_run_failed(run, why)
