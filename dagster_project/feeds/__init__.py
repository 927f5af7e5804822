"""Prices and balances over HTTP, as two seeds ask for them: `price_feeds.csv` and `watched_addresses.csv`.

A feed that fails says so and leaves what it brought before; no other feed and no run stops for it.
"""

import csv
import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dagster_project.feeds.balances import Watched, fetch_balances
from dagster_project.feeds.files import last_day, write_balances, write_prices
from dagster_project.feeds.host import FeedFailed, Host
from dagster_project.feeds.prices import DAY, VENUES, PriceFeed, fetch_prices
from dagster_project.settings import Settings

log = logging.getLogger("coffer")

ESPLORA_PAUSE = 0.2  # seconds; a wallet of 40 keys takes 8
STALE_AFTER = timedelta(days=3)  # since the last day that a feed has brought a price of
BALANCES = "esplora"
FEED_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SYMBOL = re.compile(r"[A-Za-z0-9._-]{1,60}")


@dataclass(frozen=True)
class Fetched:
    """What one feed did: rows it wrote, the last day it has a price of, and what it ran into."""

    feed_id: str
    kind: str
    rows: int = 0
    last_day: date | None = None
    failure: str | None = None
    is_stale: bool = False


@dataclass
class FeedReport:
    """One round of all feeds."""

    feeds: list[Fetched] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(feed.rows for feed in self.feeds)

    @property
    def troubled(self) -> list[Fetched]:
        """Feeds that failed this time or have long brought nothing."""
        return [feed for feed in self.feeds if feed.failure or feed.is_stale]


def fetch(settings: Settings, now: datetime, sleep: Callable[[float], None] = time.sleep) -> FeedReport:
    """Write what every feed has that is new below `settings.fetched`. The caller holds the writer's lock."""
    report = FeedReport()
    hosts: dict[str, Host] = {}

    def host_of(name: str, url: str, pause: float, headers: dict[str, str]) -> Host:
        if name not in hosts:
            hosts[name] = Host(url, pause, headers, sleep)
        return hosts[name]

    for row in _rows(settings.seeds / "price_feeds.csv"):
        report.feeds.append(_prices(settings, row, now, host_of))
    if watched := [Watched(*_words(row, WATCHED)) for row in _rows(settings.seeds / "watched_addresses.csv")]:
        report.feeds.append(_balances(settings, watched, host_of))
    for feed in report.feeds:
        log.log(
            logging.WARNING if feed.failure else logging.INFO, "feed %s: %s", feed.feed_id, _sentence(feed)
        )
    return report


PRICE_FEED = ("feed_id", "venue", "asset_id", "quote_asset", "symbol", "first_day")
WATCHED = ("label", "account_id", "address", "script_type")


def _prices(settings: Settings, row: dict[str, str], now: datetime, host_of: Callable[..., Host]) -> Fetched:
    feed_id, done = _words(row, PRICE_FEED)[0], None
    try:
        feed = _price_feed(row)
        done = last_day(settings.fetched, feed.feed_id) or feed.first_day - DAY
        venue = VENUES[feed.venue]
        key = settings.coingecko_key if venue.key_header else ""
        host = host_of(feed.venue, venue.url, venue.pause, {venue.key_header: key} if key else {})
        prices = fetch_prices(host, venue, feed, done + DAY, now)
        write_prices(settings.fetched, feed, venue.url, venue.convention, prices)
        done = prices[-1].day if prices else done
        return Fetched(feed_id, "prices", len(prices), done, is_stale=_is_stale(done, now))
    except Exception as error:
        return Fetched(feed_id, "prices", 0, done, _failure(error), _is_stale(done, now))


def _balances(settings: Settings, watched: list[Watched], host_of: Callable[..., Host]) -> Fetched:
    try:
        if not settings.esplora_url:
            raise FeedFailed("COFFER_ESPLORA_URL is not set, so nobody can be asked for balances.")
        host = host_of(BALANCES, settings.esplora_url.rstrip("/") + "/", ESPLORA_PAUSE, {})
        balances = fetch_balances(host, watched)
        write_balances(settings.fetched, host.name, balances)
        return Fetched(BALANCES, "balances", len(balances), balances[0].as_of.date())
    except Exception as error:
        return Fetched(BALANCES, "balances", failure=_failure(error))


def _is_stale(done: date | None, now: datetime) -> bool:
    return done is None or now.astimezone(UTC).date() - done > STALE_AFTER


def _failure(error: Exception) -> str:
    """The sentence of a FeedFailed; of anything else the kind alone, because its text may hold a key."""
    return (
        str(error) if isinstance(error, FeedFailed) else f"ran into {type(error).__name__}. Report this bug."
    )


def _price_feed(row: dict[str, str]) -> PriceFeed:
    """A row of the seed, if it makes sense: what it says becomes part of addresses and of file names."""
    feed_id, venue, asset_id, quote_asset, symbol, first_day = _words(row, PRICE_FEED)
    if not FEED_ID.fullmatch(feed_id):
        raise FeedFailed("its feed_id may hold a-z, 0-9 and single dashes. Correct seeds/price_feeds.csv.")
    if venue not in VENUES:
        raise FeedFailed(f"its venue is none of {', '.join(VENUES)}. Correct seeds/price_feeds.csv.")
    if not all(SYMBOL.fullmatch(word) for word in (symbol, asset_id, quote_asset)):
        raise FeedFailed("symbol and assets may hold letters, digits, dots, dashes. Correct the seed.")
    try:
        return PriceFeed(feed_id, venue, asset_id, quote_asset, symbol, date.fromisoformat(first_day))
    except ValueError:
        raise FeedFailed("its first_day is no day like 2026-01-01. Correct seeds/price_feeds.csv.") from None


def _rows(seed: Path) -> Iterator[dict[str, str]]:
    """The rows of a seed; a folder of seeds that is older than feeds has none."""
    if seed.exists():
        with seed.open(newline="", encoding="utf-8-sig") as file:
            yield from csv.DictReader(file)


def _words(row: dict[str, str], columns: tuple[str, ...]) -> list[str]:
    return [(row.get(column) or "").strip() for column in columns]


def _sentence(feed: Fetched) -> str:
    if feed.failure:
        return feed.failure
    return f"{feed.rows} new {feed.kind}, up to {feed.last_day}"
