"""The one door for bytes: a file is accepted once, kept as it came, its rows in raw; or it is refused aloud.

The order makes it safe to be killed anywhere: a copy on disk, its rows in an open transaction, the copy's
place in `landing/` and its sidecar, the commit. What has a sidecar is accepted: rows that raw lacks are read
again from the copy. So raw itself can be deleted, and the next landing restores it.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import duckdb

from dagster_project.landing import archive, raw
from dagster_project.landing.contracts import Contract, Refused, load_contracts
from dagster_project.landing.inbox import (
    STILL_GROWING,
    Entry,
    Ignored,
    contracts_of,
    list_entries,
    open_plain,
)
from dagster_project.landing.raw import Delivery
from dagster_project.landing.readers import extension_of, read
from dagster_project.settings import Settings

log = logging.getLogger("coffer")

PROGRESS_ROWS = 200_000


@dataclass(frozen=True)
class LandedFile:
    """A file whose rows are in raw; rows_landed = rows_accepted + rows_rejected."""

    source: str
    entity: str
    source_file: str
    rows_landed: int
    rows_accepted: int
    rows_rejected: int


@dataclass(frozen=True)
class RefusedFile:
    """A file that is not in raw, the stable code why, and the message for people."""

    source_file: str
    reason: str
    message: str


@dataclass(frozen=True)
class PassedFile:
    """A name in the inbox that brought nothing new, and why."""

    source_file: str
    why: str


@dataclass
class LandingReport:
    """What one landing did with each name in the inbox, and with kept files whose rows it had to restore."""

    landed: list[LandedFile] = field(default_factory=list)
    refused: list[RefusedFile] = field(default_factory=list)
    ignored: list[PassedFile] = field(default_factory=list)
    duplicates: list[PassedFile] = field(default_factory=list)

    @property
    def rows_landed(self) -> int:
        return sum(file.rows_landed for file in self.landed)

    @property
    def rows_accepted(self) -> int:
        return sum(file.rows_accepted for file in self.landed)

    @property
    def rows_rejected(self) -> int:
        return sum(file.rows_rejected for file in self.landed)


@dataclass(frozen=True)
class _Run:
    settings: Settings
    connection: duckdb.DuckDBPyConnection
    contracts: tuple[Contract, ...]
    accepted: dict[tuple[str, str, str], str]
    report: LandingReport = field(default_factory=LandingReport)

    def name_of(self, contract: Contract, delivery: Delivery) -> str | None:
        """The name under which the bytes of a delivery came first, where the table has their rows."""
        return self.accepted.get((contract.source, contract.entity, delivery.source_sha256))


def land(settings: Settings, now: datetime, settle_seconds: float = 1.0) -> LandingReport:
    """Take in what is new in the inbox; `now`, with a time zone, becomes the `landed_at` of all its rows.

    Files younger than `settle_seconds` are given that long: one that still changes waits for the next run.
    An error in one file never stops another. What does stop a landing: a broken contract (ContractError), no
    inbox or no space on the disk (OSError), a damaged file in the archive (DamagedFile).

    The caller holds the writer's lock.
    """
    landed_at = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    contracts = load_contracts(settings.staging)
    sources = {contract.source for contract in contracts}
    inboxes = [settings.inbox, *([settings.fetched] if settings.fetched.is_dir() else [])]
    entries = [entry for inbox in inboxes for entry in list_entries(inbox, sources)]
    _let_settle(entries, settle_seconds)
    with _opened(settings, settings.raw, contracts) as run:
        _restore_archive(run)
        for entry in entries:
            _receive(run, entry, landed_at)
    return run.report


def rebuild_raw(settings: Settings) -> LandingReport:
    """Rebuild raw.duckdb from the files in `landing/` and their sidecars, in place of the old one.

    Refusals of files are not in the sidecars; the next landing enters those that are still in the inbox.
    """
    rebuilt = settings.raw.with_name("raw.rebuilt.duckdb")
    rebuilt.unlink(missing_ok=True)
    report = restore_raw(settings, rebuilt)
    raw.log_of(settings.raw).unlink(missing_ok=True)
    os.replace(rebuilt, settings.raw)
    return report


def restore_raw(settings: Settings, path: Path) -> LandingReport:
    """Read every copy in `landing/` into a new raw database. Raises DamagedFile for one that has changed."""
    with _opened(settings, path, load_contracts(settings.staging)) as run:
        _restore_archive(run)
    return run.report


@contextmanager
def _opened(settings: Settings, path: Path, contracts: tuple[Contract, ...]) -> Iterator[_Run]:
    settings.data.mkdir(parents=True, exist_ok=True)  # analysts pass through it to `published/`
    umask = os.umask(0o077)  # all that landing writes, DuckDB's log too, is for the owner's eyes
    try:
        archive.remove_leftovers(settings.landing, settings.rejected)
        raw.set_aside_if_damaged(path)
        with raw.writing(path) as connection:
            for contract in contracts:
                raw.create_table(connection, contract)
            yield _Run(settings, connection, contracts, raw.accepted_files(connection))
    finally:
        os.umask(umask)


def _let_settle(entries: list[Entry], seconds: float) -> None:
    newest = max((entry.status.st_mtime for entry in entries if entry.status), default=0)
    if newest > time.time() - seconds:
        time.sleep(seconds)


def _receive(run: _Run, entry: Entry, landed_at: datetime) -> None:
    """Decide one name of the inbox: landed, refused, ignored or a duplicate."""
    delivery = Delivery(entry.source, None, entry.source_file, None, None, landed_at)
    try:
        with open_plain(entry) as handle:
            delivery = replace(
                delivery, source_sha256=archive.fingerprint(handle), bytes=entry.status.st_size
            )
            try:
                contracts = contracts_of(entry, handle, run.contracts)
                delivery = replace(delivery, entity=contracts[0].entity)
                _accept(run, entry, handle, contracts, delivery)
            except Refused as refusal:
                _refuse(run, delivery, refusal, handle)
    except Refused as refusal:
        _refuse(run, delivery, refusal)
    except Ignored as ignored:
        run.report.ignored.append(PassedFile(entry.source_file, str(ignored)))
        log.info("%s: ignored, %s", delivery.address, ignored)


def _accept(
    run: _Run, entry: Entry, handle: BinaryIO, contracts: Sequence[Contract], delivery: Delivery
) -> None:
    """Copy, read the copy, keep it: what happens to the inbox meanwhile does not matter."""
    landing = run.settings.landing
    if first := next(filter(None, (run.name_of(contract, delivery) for contract in contracts)), None):
        run.report.duplicates.append(PassedFile(delivery.source_file, f"duplicate content of {first}"))
        if first != delivery.source_file:  # a landed file that is still in the inbox is no event
            log.info("%s: duplicate content of %s", delivery.address, first)
        return
    temporary = landing / delivery.source / archive.INCOMING
    try:
        if archive.stage_copy(handle, temporary) != delivery.source_sha256 or entry.has_changed(handle):
            raise Ignored(STILL_GROWING)
        _load(
            run, temporary, contracts, delivery, lambda: archive.keep(temporary, landing, delivery, contracts)
        )
    finally:
        temporary.unlink(missing_ok=True)
    archive.withdraw_rejection(run.settings.rejected, delivery)


def _load(
    run: _Run,
    copy: Path,
    contracts: Sequence[Contract],
    delivery: Delivery,
    before_commit: Callable[[], None] = lambda: None,
) -> None:
    """Put the rows of a copy into raw, all of its tables in one transaction or none."""
    run.connection.begin()
    try:
        landed = [
            _fill(run, copy, contract, replace(delivery, entity=contract.entity)) for contract in contracts
        ]
        before_commit()
        run.connection.commit()
    except BaseException:
        with suppress(duckdb.Error):  # DuckDB has rolled back by itself where the disk was full
            run.connection.rollback()
        raise
    for file in landed:
        run.accepted[file.source, file.entity, delivery.source_sha256] = file.source_file
        counts = (file.rows_landed, file.rows_accepted, file.rows_rejected)
        log.info("%s: %d rows landed, %d accepted, %d rejected", delivery.address, *counts)
    run.report.landed += landed


def _fill(run: _Run, copy: Path, contract: Contract, delivery: Delivery) -> LandedFile:
    landed = accepted = rejected = 0
    with copy.open("rb") as handle:
        for batch in read(handle, extension_of(delivery.source_file), contract.layout):
            good, bad = raw.append(run.connection, contract, delivery, batch)
            if landed // PROGRESS_ROWS < (landed + batch.landed) // PROGRESS_ROWS:
                log.info("%s: %d rows so far", delivery.address, landed + batch.landed)
            landed, accepted, rejected = landed + batch.landed, accepted + good, rejected + bad
    if landed != accepted + rejected:
        sentence = f"of {landed:,} rows {accepted + rejected:,} were stored, so none is. Report this bug."
        raise Refused("rows_lost", sentence)
    raw.record_accepted(run.connection, delivery, landed, accepted, rejected)
    counts = (landed, accepted, rejected)
    return LandedFile(delivery.source, delivery.entity, delivery.source_file, *counts)


def _refuse(run: _Run, delivery: Delivery, refusal: Refused, handle: BinaryIO | None = None) -> None:
    message = f"{delivery.address}: {refusal.sentence}"
    archive.reject(run.settings.rejected, delivery, refusal, handle)
    raw.record_refused(run.connection, delivery, refusal.reason, message)
    run.report.refused.append(RefusedFile(delivery.source_file, refusal.reason, message))
    log.info("%s: refused, %s", delivery.address, refusal)


def _restore_archive(run: _Run) -> None:
    """Read again each copy that raw lacks: raw was deleted, or landing killed between sidecar and commit."""
    for copy, delivery, contracts in archive.kept(run.settings.landing):
        lacking = [contract for contract in contracts if not run.name_of(contract, delivery)]
        if not lacking:
            continue
        archive.check(copy, delivery)
        for contract in lacking:
            raw.create_table(run.connection, contract)
        try:
            _load(run, copy, lacking, delivery)
        except Refused as refusal:  # by a gate that has become stricter since
            _refuse(run, delivery, refusal)
