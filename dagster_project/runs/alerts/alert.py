"""What deserves a message, and what of it is alert: SQL finds, a file remembers what was sent."""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from dagster_project.build.checks import AuditFailed
from dagster_project.published.builds import Published, current
from dagster_project.runs.run import Run
from dagster_project.settings import Settings
from dagster_project.storage.database import connect_for_reading, printable

SQL = Path(__file__).with_name("sql")
QUERIES = ("loans", "breaks", "price_breaks", "rejected_rows", "warnings")  # in the order of a message
COLUMNS = "finding_id, coalesce(since::varchar, ''), size, page, sentence"  # of a Finding
RUN = "run"
LONGEST = 400  # characters of a sentence
SHOWN = 20  # sentences under one heading


@dataclass(frozen=True)
class Finding:
    """Something that deserves a look: `finding_id` names it over runs, `size` grows when it gets worse.

    `since` is a day as text; `page` is one of the site's, or "".
    """

    finding_id: str
    since: str
    size: int
    page: str
    sentence: str

    def __post_init__(self) -> None:
        line = printable(" ".join(self.sentence.split()))
        object.__setattr__(self, "sentence", line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


@dataclass(frozen=True)
class Alert:
    """What a run has to say: findings that are new or grew, those that are settled, and those that stay."""

    new: list[Finding] = field(default_factory=list)
    settled: list[Finding] = field(default_factory=list)
    still: list[Finding] = field(default_factory=list)

    @property
    def deserves_a_message(self) -> bool:
        """Whether it is sent: what is new or settled is, and every run that failed."""
        return bool(self.new or self.settled or any(finding.finding_id == RUN for finding in self.still))

    @property
    def open(self) -> list[Finding]:
        """What the next run compares with."""
        return [*self.new, *self.still]


def of_run(settings: Settings, run: Run) -> Alert:
    """What a run has found, beside what was sent before it."""
    return compare(remembered(settings), _findings(settings, run))


def of_build(settings: Settings, build: Published) -> Alert:
    """What the published build says now, beside what was sent; nothing is sent or remembered."""
    before = remembered(settings)
    kept = [finding for finding in before if _is_of_the_run(finding)]
    return compare(before, [*kept, *of_marts(settings, build)])


def _findings(settings: Settings, run: Run) -> list[Finding]:
    today = f"{run.now:%Y-%m-%d}"
    found = [*_of_feeds(run, today), *_of_files(run, today)]
    if run.published:
        return [*found, *of_marts(settings, run.published)]
    kept = [finding for finding in remembered(settings) if not _is_of_the_run(finding)]
    readers = "Yesterday's build stays published." if current(settings) else "Nothing is published yet."
    return [*_of_failure(run.failure, today, readers), *found, *kept]  # of marts: what it was


def _is_of_the_run(finding: Finding) -> bool:
    return finding.finding_id.partition(":")[0] in (RUN, "failed", "feed", "file")


def of_marts(settings: Settings, build: Published) -> list[Finding]:
    """What the queries find in a published build."""
    with connect_for_reading(build.database) as connection:
        return ask(connection, settings.alert_near)


def ask(connection: DuckDBPyConnection, near: str) -> list[Finding]:
    """What the queries find, in their order; `near` is a part of a threshold, 0.1."""
    connection.execute((SQL / "_macros.sql").read_text())
    found = []
    for name in QUERIES:
        query = (SQL / f"{name}.sql").read_text()
        parameters = {"near": near} if "$near" in query else None
        ordered = f"select {COLUMNS} from ({query}) order by since, finding_id"
        found += [Finding(*row) for row in connection.execute(ordered, parameters).fetchall()]
    return found


def _of_failure(failure: BaseException | None, today: str, readers: str) -> list[Finding]:
    reason = str(failure).partition("\n")[0].rstrip(":.") or type(failure).__name__
    checks = failure.failed if isinstance(failure, AuditFailed) else []
    return [
        Finding(RUN, today, 1, "", f"the run failed: {reason}. {readers}"),
        *(
            Finding(
                f"failed:{check.name}",
                today,
                check.failures,
                "",
                f"check {check.name} failed, rows: {check.failures} (for the {check.owner})",
            )
            for check in checks
        ),
    ]


def _of_feeds(run: Run, today: str) -> list[Finding]:
    return [
        Finding(
            f"feed:{feed.feed_id}",
            f"{feed.last_day or today}",
            1,
            "quality.html",
            f"feed {feed.feed_id}: {feed.failure or 'it brings nothing'} (its last day: {feed.last_day})",
        )
        for feed in (run.fetched.troubled if run.fetched else [])
    ]


def _of_files(run: Run, today: str) -> list[Finding]:
    return [
        Finding(
            f"file:{file.source_file}:{file.reason}",
            today,
            1,
            "",
            f"file {file.source_file} refused as {file.reason}: {file.message}",
        )
        for file in (run.landed.refused if run.landed else [])
    ]


def compare(before: list[Finding], found: list[Finding]) -> Alert:
    """Compare with what was sent before; what stays keeps the day since which it is reported."""
    sent, now = ({finding.finding_id: finding for finding in findings} for findings in (before, found))
    stays = [it for it in now.values() if it.finding_id in sent and it.size <= sent[it.finding_id].size]
    return Alert(
        new=[it for it in now.values() if it not in stays],
        settled=[it for it in sent.values() if it.finding_id not in now],
        still=[replace(it, since=sent[it.finding_id].since) for it in stays],
    )


def compose(alert: Alert, today: date, base: str) -> tuple[str, str]:
    """A message's subject and text. `base` is where the site is, ending in a slash, or ""."""
    lines = []
    for title, findings in (("New", alert.new), ("Settled", alert.settled)):
        if findings:
            lines += [f"{title} ({len(findings)})", *(_line(it, base) for it in findings[:SHOWN])]
            lines += [f"and {len(findings) - SHOWN} more"] if len(findings) > SHOWN else []
    lines += [_line(it, base) for it in alert.still if it.finding_id == RUN]
    rest = [it for it in alert.still if it.finding_id != RUN]
    if rest:
        oldest = min((it.since for it in rest if it.since), default="")
        lines.append(f"Still open: {len(rest)}{f', the oldest since {oldest}' if oldest else ''}.")
    if base:
        lines.append(f"All of it: {base}quality.html")
    return f"Coffer {today}: {_subject(alert)}", "\n".join(lines)


def _subject(alert: Alert) -> str:
    if any(it.finding_id == RUN for it in alert.open):
        return "the run failed"
    if not alert.open:
        return "all is well again"
    if any(it.finding_id == RUN for it in alert.settled):
        return f"runs succeed again, {len(alert.open)} open"
    return f"{len(alert.new)} new, {len(alert.settled)} settled, {len(alert.still)} still open"


def _line(finding: Finding, base: str) -> str:
    since = f" (since {finding.since})" if finding.since else ""
    link = f" {base}{finding.page}" if base and finding.page else ""
    return f"- {finding.sentence}{since}{link}"


def remembered(settings: Settings) -> list[Finding]:
    """What was open when something was last sent; nothing where the file is missing or cannot be read."""
    try:
        return [Finding(**_renamed(finding)) for finding in json.loads(settings.alerts.read_text())]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def remember(settings: Settings, alert: Alert, today: date) -> None:
    """Keep what is open; what has no day is open since today."""
    findings = [asdict(it) | {"since": it.since or f"{today}"} for it in alert.open]
    staged = settings.alerts.with_suffix(".tmp")
    staged.write_text(settings.redacted(json.dumps(findings, indent=1, ensure_ascii=False)) + "\n")
    os.replace(staged, settings.alerts)


def _renamed(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding as written by version 0.1.0, in the words of this one."""
    return {"finding_id" if key == "news_id" else key: value for key, value in finding.items()}
