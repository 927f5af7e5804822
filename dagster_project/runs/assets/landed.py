"""What landing made of the inbox, as assets: one per source, and the register of all files."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from duckdb import DuckDBPyConnection

from dagster_project.feeds.files import SOURCE
from dagster_project.landing import land
from dagster_project.landing.contracts import load_contracts
from dagster_project.runs.assets.markdown import preview
from dagster_project.settings import Settings
from dagster_project.storage.database import connect

REGISTER = (
    "select source_file, status, rows_accepted, rows_rejected, reason from landing.files "
    "order by landed_at desc, source_file"
)


def landed_assets(settings: Settings) -> dg.AssetsDefinition:
    """The inbox is landed in one go, so that one file is never in two runs; its sources are assets each."""
    tables: dict[str, list[str]] = {}
    for contract in load_contracts(settings.staging):
        tables.setdefault(contract.source, []).append(contract.entity)

    @dg.multi_asset(
        name="landing",
        specs=[*map(_source_spec, tables), _register_spec(list(tables))],
        required_resource_keys={"run"},
    )
    def landing(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        run = context.resources.run
        with run.step(f"Landing {settings.inbox}"):
            run.landed = land(settings, run.now)
        with connect(settings.raw, read_only=True) as raw:
            for source, entities in tables.items():
                yield dg.MaterializeResult(["landing", source], metadata=_source(raw, source, entities))
            yield dg.MaterializeResult(["landing", "files"], metadata={"files": preview(raw, REGISTER, 50)})

    return landing


def _source_spec(source: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["landing", source],
        deps=["feeds"] if source == SOURCE else [],
        group_name="landing",
        kinds={"python", "duckdb"},
        description=f"The rows of every accepted file of {source}, as text, each with its file and row.",
    )


def _register_spec(sources: list[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["landing", "files"],
        deps=[["landing", source] for source in sources],
        group_name="landing",
        kinds={"python", "duckdb"},
        description="The register: every file ever accepted or refused, and the rows that could not be read.",
    )


def _source(raw: DuckDBPyConnection, source: str, entities: list[str]) -> dict[str, Any]:
    [(files, accepted, rejected)] = raw.execute(
        "select count(*) filter (status = 'accepted'), coalesce(sum(rows_accepted), 0)::bigint, "
        "coalesce(sum(rows_rejected), 0)::bigint from landing.files where source = ?",
        [source],
    ).fetchall()
    samples = {f"{entity}_preview": preview(raw, f'from "{source}"."{entity}"') for entity in entities}
    return {"files": files, "dagster/row_count": accepted, "rows_rejected": rejected, **samples}
