"""What a run shows: progress while it lasts, a summary at its end; plain lines where there is no terminal."""

import logging
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from dagster_project.published.builds import Published
from dagster_project.storage.database import printable

if TYPE_CHECKING:
    from dagster_project.build.warehouse import Build
    from dagster_project.feeds import FeedReport
    from dagster_project.landing import LandingReport
    from dagster_project.published.as_known import LookBack
    from dagster_project.runs.run import Run, Sent

SHOWN = 10  # names in a list before it says "and n more"


class _Progress(logging.Handler):
    """Shows what the house logs: a record with `progress` moves the status line, any other becomes a line."""

    def __init__(self, console: Console, first: str) -> None:
        super().__init__(logging.INFO)
        self.console, self.status = console, console.status(first)

    def emit(self, record: logging.LogRecord) -> None:
        text = printable(record.getMessage())
        if progress := getattr(record, "progress", None):
            self.status.update(Text(f"{progress[0]} of {progress[1]}: {text}"))
        else:
            self.console.print(Text(text), soft_wrap=True)


@contextmanager
def progress(first: str) -> Iterator[None]:
    """Show on standard error what the logger `coffer` says while the context lasts."""
    handler = _Progress(Console(stderr=True, highlight=False), first)
    logger = logging.getLogger("coffer")
    before, logger.propagate = logger.propagate, False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        with handler.status:
            yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


def summary(run: "Run") -> None:
    """What a run did, and how to open its result."""
    _fetched(run.fetched)
    _landed(run.landed)
    _built(run.built)
    published(run.published)
    if run.sent:
        alert_sent(run.sent)


def alert_sent(message: "Sent") -> None:
    """Whom a run's alert reached, and what failed."""
    if message.delivered:
        _line("Sent", f"{message.subject or 'all is well'}, by {', '.join(message.delivered)}")
    for failure in message.failures:
        _line("Not sent", failure)


def alert_preview(subject: str, text: str, sent_before: list[str]) -> None:
    """What the next alert would say, and what was sent before."""
    _line("Subject", subject or "none: nothing is new")
    for line in text.splitlines():
        _line("", line)
    for line in sent_before:
        _line("Before", line)


def _fetched(report: "FeedReport") -> None:
    if not report.feeds:
        return
    _line("Fetched", f"{_count(report.rows, 'row')} from {_count(len(report.feeds), 'feed')}")
    _list(f"{feed.feed_id}: {feed.failure or f'nothing since {feed.last_day}'}" for feed in report.troubled)


def _landed(report: "LandingReport") -> None:
    files = len({file.source_file for file in report.landed})  # a document may fill several tables
    known = len(report.duplicates)
    landed = f"{_count(files, 'file')}, {_count(report.rows_landed, 'row')}" if files else "nothing new"
    _line(
        "Landed", f"{landed} ({_count(known, 'file')} known, {_count(report.rows_rejected, 'row')} refused)"
    )
    _list(f"refused: {file.source_file}: {file.reason}: {file.message}" for file in report.refused)
    _list(f"skipped: {file.source_file}: {file.why}" for file in report.ignored)


def _built(build: "Build") -> None:
    _line("Built", f"{build.count('model')} models from {build.count('seed')} seeds in {build.seconds:.1f} s")
    warnings = sorted((node for node in build.nodes if node.status == "warn"), key=lambda node: node.name)
    passed = build.count("test") - len(warnings)
    _line("Checked", f"{_count(passed, 'check')} passed, {len(warnings)} warn")
    _list(f"{node.name}: {_count(node.failures, 'row')}" for node in warnings)


def published(build: Published) -> None:
    """What is published, and the ways to open it."""
    state = "new" if build.is_new else f"unchanged since {build.manifest['published_at']}"
    current = build.path.parent.parent / "current"
    database = _near(current / build.database.name)
    rows = _count(sum(build.rows.values()), "row")
    _line("Published", f"{build.path} ({state})")
    _line("", f"{len(build.rows)} marts, {rows}, events up to {build.manifest['data_date']}")
    _line("Open it", f'{_near(Path(sys.argv[0]))} sql "from disposals"')
    _line("", f"duckdb -readonly {database}")
    if build.site.exists():
        _line("", f"in a browser: {_near(current / 'site' / build.site.name)}")
    _line("", f"python: duckdb.connect('{database}', read_only=True).sql('from marts.disposals')")


def builds(kept: list[Published], current: Published | None) -> None:
    """One line a build; the one that readers have is marked."""
    for build in kept:
        is_current = current is not None and build.path == current.path
        manifest = build.manifest
        digest, rows = manifest["digest"][:12], _count(sum(build.rows.values()), "row")
        _line(
            "current" if is_current else "",
            f"{manifest['build_id']}  events up to {manifest['data_date']}, {rows}, digest {digest}",
        )


def look_back(found: "LookBack") -> None:
    """What was known, how it differs from what is published, and how to ask it."""
    known_on, before = found.build.manifest["known_on"], found.present.manifest["published_at"]
    rows = _count(sum(found.build.rows.values()), "row")
    _line("As known", f"{found.build.path} (landed by the end of {known_on} UTC; code and seeds of today)")
    _line("", f"{len(found.build.rows)} marts, {rows}, events up to {found.build.manifest['data_date']}")
    _line("Since then", f"until the build published at {before}" if found.changes else "nothing has changed")
    for mart, changes in groupby(found.changes.items(), lambda change: change[0][0]):
        _line("", f"{mart}: {', '.join(f'{count:,} {kind}' for (_, kind), count in changes)}")
    for company, book, then, now in found.gains:
        _line("Gains", f"{company}, {book}: {_usd(then)} then → {_usd(now)} now")
    _line("Ask it", f'{_near(Path(sys.argv[0]))} sql --known-on {known_on} "from changes_since"')
    _line("", f"duckdb -readonly {_near(found.build.database)}")


def begun(folder: Path) -> None:
    """Where a new house stands, and what to do next."""
    _line("Seeds", f"{folder / 'seeds'}: companies, accounts, policies; edit them as tables")
    _line(
        "Inbox", f"{folder / 'inbox'}: one folder per source, such as kraken/, or treasury_csv/ for all else"
    )
    variables = {"DATA": "data", "INBOX": "inbox", "SEEDS": "seeds"}
    exports = " ".join(f"COFFER_{name}={shlex.quote(str(folder / part))}" for name, part in variables.items())
    _line("Next", f"export {exports}")
    _line("", "put a file into the inbox (docs/start.md shows the first), then: coffer nightly")


def status(build: Published) -> None:
    """The state of the published build in four lines."""
    manifest = build.manifest
    _line("Published", f"{build.path} at {manifest['published_at']}")
    _line("Data", f"events up to {manifest['data_date']}, from {_count(len(manifest['inputs']), 'file')}")
    _line("Refused", _count(build.rows.get("rejected_rows", 0), "row"))
    warnings = manifest["checks"]["warnings"]
    _line("Checks", f"{manifest['checks']['passed']} passed, {len(warnings)} warn")
    _list(map(_warning, warnings))


def last_run(run: dict[str, Any] | None, is_overdue: bool) -> None:
    """How the last run ended, and whether another one should have followed."""
    if run is None:
        return _line("Last run", "none is on record")
    missed = ", and none since: is the schedule running?" if is_overdue else ""
    _line("Last run", f"{run['outcome']}, ended {run['ended_at']}{missed}")
    _list(line for line in (run["error"] or "").splitlines())


def _near(path: Path) -> Path:
    """The path as one would type it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _line(label: str, text: str) -> None:
    console = Console(highlight=False)
    console.print(Text.assemble((f"{label:<11}", "bold"), printable(text)), soft_wrap=True)


def _warning(check: dict[str, Any]) -> str:
    owner = check.get("owner", "operator")  # builds of an earlier version name none
    return f"{check['name']}: {_count(check['failures'], 'row')} (for the {owner})"


def _list(lines: Iterable[str]) -> None:
    listed = list(lines)
    for line in listed[:SHOWN]:
        _line("", line)
    if len(listed) > SHOWN:
        _line("", f"and {len(listed) - SHOWN} more")


def _usd(amount: Decimal | None) -> str:
    return "none" if amount is None else f"{amount:,.2f}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
