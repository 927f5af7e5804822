"""The record of one run: its clock, what it has done so far, what it ran into, and what it sent."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg

from dagster_project.build.checks import AuditFailed
from dagster_project.build.warehouse import Build, BuildFailed
from dagster_project.feeds import FeedReport
from dagster_project.landing import LandingReport
from dagster_project.published.builds import Published

log = logging.getLogger("coffer")


@dataclass
class Sent:
    """What became of a run's alert: its subject ("" where there was none), who took it, and failures."""

    subject: str = ""
    delivered: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@dataclass
class Run:
    """One run of the nightly job; `now` is its clock (UTC)."""

    now: datetime
    fetched: FeedReport | None = None
    landed: LandingReport | None = None
    built: Build | None = None
    published: Published | None = None
    failure: BaseException | None = None
    sent: Sent | None = None

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what begins and note what it runs into; what would end the same way is not tried again."""
        log.info(title)
        try:
            yield
        except (AuditFailed, BuildFailed) as error:
            self.failure = error
            raise dg.Failure(str(error), allow_retries=False) from error
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
            self.failure = KeyboardInterrupt()
            raise dg.Failure("Interrupted.", allow_retries=False) from error
        except Exception as error:
            self.failure = error
            raise
