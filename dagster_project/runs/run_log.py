"""What each night did, as a file that a program can read: `data/nights/20261123T023000Z.json`.

The last one tells `coffer status`, and whoever watches the house, whether it needs a hand. A night that was
killed writes none: that there is no new entry is what tells of it.
"""

import json
import os
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from dagster_project.build.checks import AuditFailed
from dagster_project.runs.run import Run
from dagster_project.settings import Settings

KEEP = 400  # nights: more than a year


def write(settings: Settings, night: "Run", ended: datetime) -> None:
    """Write down a night; the oldest entries go. The caller holds the writer's lock."""
    settings.journal.mkdir(exist_ok=True)
    path = settings.journal / f"{night.now:%Y%m%dT%H%M%SZ}.json"
    aside = path.with_suffix(".tmp")
    aside.write_text(json.dumps(_entry(night, ended), indent=1, default=str, ensure_ascii=False) + "\n")
    os.replace(aside, path)
    for old in sorted(settings.journal.glob("*.json"))[:-KEEP]:
        old.unlink()


def last(settings: Settings) -> dict[str, Any] | None:
    """The latest night; None before the first one."""
    paths = sorted(settings.journal.glob("*.json"))
    return json.loads(paths[-1].read_text()) if paths else None


def is_overdue(night: dict[str, Any], now: datetime, hours: float) -> bool:
    """Whether so many hours have passed since a night ended, so that one is missing."""
    return now - datetime.fromisoformat(night["ended_at"]) > timedelta(hours=hours)


def _entry(night: "Run", ended: datetime) -> dict[str, object]:
    landed, built, published, failure = night.landed, night.built, night.published, night.failure
    return {
        "began_at": f"{night.now:%Y-%m-%dT%H:%M:%SZ}",
        "ended_at": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "outcome": "published" if published and published.is_new else "unchanged" if published else "failed",
        "error": str(failure) if failure else None,
        "failed_checks": [asdict(check) for check in failure.failed]
        if isinstance(failure, AuditFailed)
        else [],
        "warnings": [asdict(node) for node in built.nodes if node.status == "warn"] if built else [],
        "landing": asdict(landed) if landed else None,
        "sent": asdict(night.sent) if night.sent else None,
        "published": published
        and {key: published.manifest[key] for key in ("build_id", "published_at", "data_date", "digest")},
    }
