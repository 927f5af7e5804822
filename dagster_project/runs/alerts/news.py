"""What deserves a message, and what of it is news: SQL finds, a file remembers what was told."""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection

from dagster_project.build.checks import AuditFailed
from dagster_project.published.builds import Published, current
from dagster_project.runs.run import Run
from dagster_project.settings import Settings
from dagster_project.storage.database import connect_for_reading, printable

SQL = Path(__file__).with_name("sql")
QUERIES = ("loans", "breaks", "price_breaks", "rejected_rows", "warnings")  # in the order of a message
COLUMNS = "news_id, coalesce(since::varchar, ''), size, page, sentence"  # of a Finding
NIGHT = "night"
LONGEST = 400  # characters of a sentence
SHOWN = 20  # sentences under one heading


@dataclass(frozen=True)
class Finding:
    """Something that deserves a look: `news_id` names it over nights, `size` grows when it gets worse.

    `since` is a day as text; `page` is one of the site's, or "".
    """

    news_id: str
    since: str
    size: int
    page: str
    sentence: str

    def __post_init__(self) -> None:
        line = printable(" ".join(self.sentence.split()))
        object.__setattr__(self, "sentence", line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


@dataclass(frozen=True)
class News:
    """What a night has to say: findings that are new or grew, those that are settled, and those that stay."""

    new: list[Finding] = field(default_factory=list)
    settled: list[Finding] = field(default_factory=list)
    still: list[Finding] = field(default_factory=list)

    @property
    def deserves_a_message(self) -> bool:
        """News do, and so does every night that failed."""
        return bool(self.new or self.settled or any(finding.news_id == NIGHT for finding in self.still))

    @property
    def open(self) -> list[Finding]:
        """What the next night compares with."""
        return [*self.new, *self.still]


def of_night(settings: Settings, night: "Run") -> News:
    """What a night has found, beside what was told before it."""
    return compare(remembered(settings), _findings(settings, night))


def of_build(settings: Settings, build: Published) -> News:
    """What the published build says now, beside what was told; nothing is told or remembered."""
    before = remembered(settings)
    kept = [finding for finding in before if _is_of_the_night(finding)]
    return compare(before, [*kept, *of_marts(settings, build)])


def _findings(settings: Settings, night: "Run") -> list[Finding]:
    today = f"{night.now:%Y-%m-%d}"
    found = [*_of_feeds(night, today), *_of_files(night, today)]
    if night.published:
        return [*found, *of_marts(settings, night.published)]
    kept = [finding for finding in remembered(settings) if not _is_of_the_night(finding)]
    readers = "Yesterday's build stays published." if current(settings) else "Nothing is published yet."
    return [*_of_failure(night.failure, today, readers), *found, *kept]  # of marts: what it was


def _is_of_the_night(finding: Finding) -> bool:
    return finding.news_id.partition(":")[0] in (NIGHT, "failed", "feed", "file")


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
        ordered = f"select {COLUMNS} from ({query}) order by since, news_id"
        found += [Finding(*row) for row in connection.execute(ordered, parameters).fetchall()]
    return found


def _of_failure(failure: BaseException | None, today: str, readers: str) -> list[Finding]:
    reason = str(failure).partition("\n")[0].rstrip(":.") or type(failure).__name__
    checks = failure.failed if isinstance(failure, AuditFailed) else []
    return [
        Finding(NIGHT, today, 1, "", f"the night failed: {reason}. {readers}"),
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


def _of_feeds(night: "Run", today: str) -> list[Finding]:
    return [
        Finding(
            f"feed:{feed.feed_id}",
            f"{feed.last_day or today}",
            1,
            "quality.html",
            f"feed {feed.feed_id}: {feed.failure or 'it brings nothing'} (its last day: {feed.last_day})",
        )
        for feed in (night.fetched.troubled if night.fetched else [])
    ]


def _of_files(night: "Run", today: str) -> list[Finding]:
    return [
        Finding(
            f"file:{file.source_file}:{file.reason}",
            today,
            1,
            "",
            f"file {file.source_file} refused as {file.reason}: {file.message}",
        )
        for file in (night.landed.refused if night.landed else [])
    ]


def compare(before: list[Finding], found: list[Finding]) -> News:
    """Tell what is new from what was told; what stays keeps the day since which it was told."""
    told, now = ({finding.news_id: finding for finding in findings} for findings in (before, found))
    stays = [it for it in now.values() if it.news_id in told and it.size <= told[it.news_id].size]
    return News(
        new=[it for it in now.values() if it not in stays],
        settled=[it for it in told.values() if it.news_id not in now],
        still=[replace(it, since=told[it.news_id].since) for it in stays],
    )


def compose(news: News, today: date, base: str) -> tuple[str, str]:
    """A message's subject and text. `base` is where the site lies, ending in a slash, or ""."""
    lines = []
    for title, findings in (("New", news.new), ("Settled", news.settled)):
        if findings:
            lines += [f"{title} ({len(findings)})", *(_line(it, base) for it in findings[:SHOWN])]
            lines += [f"and {len(findings) - SHOWN} more"] if len(findings) > SHOWN else []
    lines += [_line(it, base) for it in news.still if it.news_id == NIGHT]
    rest = [it for it in news.still if it.news_id != NIGHT]
    if rest:
        oldest = min((it.since for it in rest if it.since), default="")
        lines.append(f"Still open: {len(rest)}{f', the oldest since {oldest}' if oldest else ''}.")
    if base:
        lines.append(f"All of it: {base}quality.html")
    return f"Coffer {today}: {_subject(news)}", "\n".join(lines)


def _subject(news: News) -> str:
    if any(it.news_id == NIGHT for it in news.open):
        return "the night failed"
    if not news.open:
        return "all is well again"
    if any(it.news_id == NIGHT for it in news.settled):
        return f"nights succeed again, {len(news.open)} open"
    return f"{len(news.new)} new, {len(news.settled)} settled, {len(news.still)} still open"


def _line(finding: Finding, base: str) -> str:
    since = f" (since {finding.since})" if finding.since else ""
    link = f" {base}{finding.page}" if base and finding.page else ""
    return f"- {finding.sentence}{since}{link}"


def remembered(settings: Settings) -> list[Finding]:
    """What was open when something was told last; nothing where the file is missing or cannot be read."""
    try:
        return [Finding(**finding) for finding in json.loads(settings.alerts.read_text())]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def remember(settings: Settings, news: News, today: date) -> None:
    """Keep what is open; what has no day of its own is open since today."""
    findings = [asdict(it) | {"since": it.since or f"{today}"} for it in news.open]
    aside = settings.alerts.with_suffix(".tmp")
    aside.write_text(settings.redacted(json.dumps(findings, indent=1, ensure_ascii=False)) + "\n")
    os.replace(aside, settings.alerts)
