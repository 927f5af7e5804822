"""The dbt project as assets and its tests as their checks, through dagster-dbt."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from duckdb import DuckDBPyConnection

from dagster_project.build.checks import audit_warehouse
from dagster_project.build.warehouse import Build, Manifest, Node, build_warehouse
from dagster_project.runs.assets.markdown import preview
from dagster_project.settings import Settings
from dagster_project.storage.database import connect, name

PRIVATE = {"watched_addresses"}  # tables of which no row may stand in Dagster's history


class Floors(DagsterDbtTranslator):
    """Names: assets are `<schema>/<name>` and grouped by schema; a source is what landing made of it."""

    def get_asset_key(self, props: Mapping[str, Any]) -> dg.AssetKey:
        """`marts/disposals`; every table of the source `treasury_csv` is `landing/treasury_csv`."""
        if props["resource_type"] != "source":
            return dg.AssetKey([props["schema"], props["name"]])
        return dg.AssetKey(
            ["landing", "files" if props["source_name"] == "landing" else props["source_name"]]
        )

    def get_group_name(self, props: Mapping[str, Any]) -> str:
        """The floor, which is the schema."""
        return props["schema"]

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: object
    ) -> dg.AssetCheckSpec | None:
        """As dagster-dbt does; a law over several models, which it leaves out, is the first one's."""
        test = manifest["nodes"][unique_id]
        asks = test["depends_on"]["nodes"]
        if test.get("attached_node") or len(asks) == 1:
            return super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        first = next((node for node in asks if node in manifest["nodes"]), asks[0])  # a model before a source
        if asset_spec.metadata["dagster_dbt/unique_id"] != first:
            return None
        return dg.AssetCheckSpec(
            name=test["name"],
            asset=asset_spec.key,
            description=test["description"] or None,
            blocking=test["config"]["severity"].lower() == "error",
        )


def warehouse_assets(settings: Settings, manifest: Manifest) -> dg.AssetsDefinition:
    """Every seed and model. All are built, whichever of them a person selects: a part is never published."""

    @dbt_assets(
        name="dbt_build",
        manifest=manifest.path,
        required_resource_keys={"run"},
        dagster_dbt_translator=Floors(
            DagsterDbtTranslatorSettings(
                enable_duplicate_source_asset_keys=True, enable_source_tests_as_checks=True
            )
        ),
    )
    def dbt_build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with context.resources.run.step("Building and checking the marts"):
            build = context.resources.run.built = build_warehouse(settings)
            yield from _results(context, settings, build)
            audit_warehouse(settings, manifest)

    return dbt_build


def _results(
    context: dg.AssetExecutionContext, settings: Settings, build: Build
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What dbt built and checked, as far as this run asked for it."""
    checks = {key.name: key for key in context.selected_asset_check_keys}
    with connect(settings.warehouse, read_only=True) as warehouse:
        for node in build.nodes:
            key = dg.AssetKey([node.schema, node.name])
            if key in context.selected_asset_keys and node.status == "success":
                yield dg.MaterializeResult(asset_key=key, metadata=_metadata(warehouse, node))
            elif node.name in checks and node.status != "skipped":
                yield _check_result(checks[node.name], node)


def _check_result(key: dg.AssetCheckKey, node: Node) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=node.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
        metadata={"failures": node.failures, "seconds": node.seconds},
    )


def _metadata(warehouse: DuckDBPyConnection, node: Node) -> dict[str, Any]:
    if node.schema == "staging":  # views: counting one means running it again
        return {"seconds": node.seconds}
    relation = f"{name(node.schema)}.{name(node.name)}"
    [(rows,)] = warehouse.execute(f"select count(*) from {relation}").fetchall()
    sample = {} if node.name in PRIVATE else {"preview": preview(warehouse, f"from {relation}")}
    return {"seconds": node.seconds, "dagster/row_count": rows, **sample}
