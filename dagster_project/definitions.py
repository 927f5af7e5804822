"""The house's table of contents: every asset, job, schedule, sensor and resource, by name."""

import dagster as dg

from dagster_project.build.warehouse import ensure_manifest
from dagster_project.runs.arrivals import when_files_arrive
from dagster_project.runs.assets.fetched import fetched_asset
from dagster_project.runs.assets.landed import landed_assets
from dagster_project.runs.assets.published import published_asset
from dagster_project.runs.assets.warehouse import warehouse_assets
from dagster_project.runs.nightly import NIGHTLY, every_night, run_resource
from dagster_project.settings import Settings, load_settings


def house(settings: Settings) -> dg.Definitions:
    """Everything Dagster knows about the house that `settings` points at."""
    manifest = ensure_manifest(settings)
    return dg.Definitions(
        assets=[
            fetched_asset(settings),
            landed_assets(settings),
            warehouse_assets(settings, manifest),
            published_asset(settings, manifest),
        ],
        jobs=[NIGHTLY],
        schedules=[every_night(settings)],
        sensors=[when_files_arrive(settings)],
        resources={"run": run_resource(settings)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads."""
    return house(load_settings())
