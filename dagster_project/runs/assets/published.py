"""The published build as an asset."""

from typing import Any

import dagster as dg

from dagster_project.build.warehouse import Manifest
from dagster_project.published.publish import Published, publish
from dagster_project.runs.assets.markdown import table
from dagster_project.settings import Settings


def published_asset(settings: Settings, manifest: Manifest) -> dg.AssetsDefinition:
    """One asset behind all marts: it exists only when every check of severity error is green."""

    @dg.asset(
        key="published",
        deps=[["marts", mart] for mart in sorted(manifest.marts)],
        group_name="published",
        kinds={"duckdb", "parquet"},
        required_resource_keys={"run"},
        description="What analysts open: a DuckDB file and Parquet files, audited, switched in whole.",
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = context.resources.run
        with run.step("Publishing"):
            run.published = publish(settings, run.now)
        return dg.MaterializeResult(metadata=_metadata(run.published))

    return published


def _metadata(build: Published) -> dict[str, Any]:
    return {
        "path": dg.MetadataValue.path(build.path),
        "site": dg.MetadataValue.path(build.site),
        "is_new": build.is_new,
        "data_date": str(build.manifest["data_date"]),
        "digest": build.manifest["digest"],
        "rows": dg.MetadataValue.md(table(["mart", "rows"], build.rows.items())),
        "dagster/row_count": sum(build.rows.values()),
    }
