"""Run the nightly job in this process; the UI shows it like any other run."""

from datetime import UTC, datetime

from dagster_project.definitions import house
from dagster_project.runs.lock import WAIT_SECONDS, writing
from dagster_project.runs.nightly import close, prepare_home, run_resource
from dagster_project.runs.orphans import fail_dead_run
from dagster_project.runs.run import Run
from dagster_project.settings import Settings


def run_nightly(settings: Settings, wait_seconds: float = WAIT_SECONDS) -> Run:
    """Run the nightly job in this process; the UI shows it like any other run.

    Raises what stopped it: AuditFailed, BuildFailed, AlreadyRunning, or whatever a step ran into.
    """
    run = Run(datetime.now(UTC))
    config = {
        "resources": {"run": {"config": {"wait_seconds": wait_seconds}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},  # the house's own log says it better
    }
    with prepare_home(settings) as instance:
        fail_dead_run(settings, instance, wait_seconds)  # before the 5 s that loading dbt takes
        try:
            job = house(settings).resolve_job_def("nightly")
        except Exception as error:  # the dbt project does not parse: no run begins, and this one has failed
            run.failure = error
            with writing(settings, wait_seconds):
                close(settings, run)
            raise
        resources = {"run": run_resource(settings, run)}
        result = job.execute_in_process(config, instance, resources=resources, raise_on_error=False)
    if not result.success:
        raise run.failure or RuntimeError(f"Dagster's run {result.run_id} failed outside of its steps.")
    return run
