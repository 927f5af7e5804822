"""What each run did, as a file that a program can read: `data/runs/20261123T023000Z.json`.

`coffer status` and monitors read the last one. A run that was killed writes none, so a missing entry is the
sign of it.
"""

import json
import os
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from dagster_project.build.checks import AuditFailed
from dagster_project.runs.run import Run
from dagster_project.settings import Settings

OLD_FOLDER = "nights"  # of version 0.1.0
KEEP = 400  # runs: more than a year


def write(settings: Settings, run: Run, ended: datetime) -> None:
    """Write down a run; the oldest entries go. The caller holds the writer's lock."""
    _rename_old_folder(settings)
    settings.run_log.mkdir(exist_ok=True)
    path = settings.run_log / f"{run.now:%Y%m%dT%H%M%SZ}.json"
    staged = path.with_suffix(".tmp")
    staged.write_text(json.dumps(_entry(run, ended), indent=1, default=str, ensure_ascii=False) + "\n")
    os.replace(staged, path)
    for old in sorted(settings.run_log.glob("*.json"))[:-KEEP]:
        old.unlink()


def last(settings: Settings) -> dict[str, Any] | None:
    """The latest run; None before the first one."""
    folder = settings.run_log if settings.run_log.exists() else settings.data / OLD_FOLDER
    paths = sorted(folder.glob("*.json"))
    return json.loads(paths[-1].read_text()) if paths else None


def is_overdue(run: dict[str, Any], now: datetime, hours: float) -> bool:
    """Whether so many hours have passed since a run ended, so that one is missing."""
    return now - datetime.fromisoformat(run["ended_at"]) > timedelta(hours=hours)


def _entry(run: Run, ended: datetime) -> dict[str, object]:
    landed, built, published, failure = run.landed, run.built, run.published, run.failure
    return {
        "began_at": f"{run.now:%Y-%m-%dT%H:%M:%SZ}",
        "ended_at": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "outcome": "published" if published and published.is_new else "unchanged" if published else "failed",
        "error": str(failure) if failure else None,
        "failed_checks": [asdict(check) for check in failure.failed]
        if isinstance(failure, AuditFailed)
        else [],
        "warnings": [asdict(node) for node in built.nodes if node.status == "warn"] if built else [],
        "landing": asdict(landed) if landed else None,
        "sent": asdict(run.sent) if run.sent else None,
        "published": published
        and {key: published.manifest[key] for key in ("build_id", "published_at", "data_date", "digest")},
    }


def _rename_old_folder(settings: Settings) -> None:
    old = settings.data / OLD_FOLDER
    if old.is_dir() and not settings.run_log.exists():
        old.rename(settings.run_log)
