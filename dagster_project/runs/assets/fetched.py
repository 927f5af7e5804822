"""What the feeds have brought, as an asset; a feed that is down is a warning, never the end of a run."""

from typing import Any

import dagster as dg

from dagster_project.feeds import FeedReport, fetch
from dagster_project.runs.assets.markdown import table
from dagster_project.settings import Settings

COLUMNS = ("feed", "kind", "rows", "last day", "failure")


def fetched_asset(settings: Settings) -> dg.AssetsDefinition:
    """One asset before landing. With no feed in the seeds nobody is asked."""

    @dg.asset(
        key="feeds",
        group_name="feeds",
        kinds={"python"},
        check_specs=[
            dg.AssetCheckSpec(
                "feeds_are_fresh", asset="feeds", description="No feed failed or has long brought nothing."
            )
        ],
        required_resource_keys={"run"},
        description="Daily prices and bitcoin balances that seeds ask for, written as files for landing.",
    )
    def feeds(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = context.resources.run
        with run.step("Asking the feeds"):
            run.fetched = fetch(settings, run.now)
        return dg.MaterializeResult(metadata=_metadata(run.fetched), check_results=[_check(run.fetched)])

    return feeds


def _metadata(report: FeedReport) -> dict[str, Any]:
    rows = [(feed.feed_id, feed.kind, feed.rows, feed.last_day, feed.failure) for feed in report.feeds]
    return {"dagster/row_count": report.rows, "feeds": dg.MetadataValue.md(table(COLUMNS, rows))}


def _check(report: FeedReport) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not report.troubled,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"troubled": ", ".join(feed.feed_id for feed in report.troubled)},
    )
