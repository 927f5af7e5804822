"""The house's table of contents: every asset, job, schedule, sensor and resource, by name."""

import dagster as dg

from dagster_project.arrivals import when_files_arrive
from dagster_project.assets.fetched import fetched_asset
from dagster_project.assets.landed import landed_assets
from dagster_project.assets.published import published_asset
from dagster_project.assets.warehouse import warehouse_assets
from dagster_project.nightly import NIGHTLY, every_night, night_resource
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse import ensure_manifest


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
        resources={"night": night_resource(settings)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads."""
    return house(load_settings())
