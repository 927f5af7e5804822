"""Daily prices of exchanges and price services: each venue's words → a moment and a price, verbatim as text.

A day's price is taken once the day has ended by both clocks, ours and the venue's: the candle of an
unfinished day is a number like any other and would never be corrected.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dagster_project.feeds.host import FeedFailed, Host

DAY = timedelta(days=1)
SETTLES = timedelta(hours=1)  # after midnight: CoinGecko's price of 00:00 UTC may come 35 minutes late
PRICE = re.compile(r"[0-9]{1,12}([.][0-9]+)?([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class PriceFeed:
    """A row of `seeds/price_feeds.csv`: `symbol` is the venue's own word for the asset and its quote."""

    feed_id: str
    venue: str
    asset_id: str
    quote_asset: str
    symbol: str
    first_day: date


@dataclass(frozen=True)
class Price:
    """A price and the day that it ends."""

    day: date
    priced_at: datetime
    price: str


@dataclass(frozen=True)
class Venue:
    """Where a venue is, how often it may be asked, what its prices mean, and how its pages are read.

    `page` asks for the days from the first to the last one and yields (seconds since 1970, price) as they
    come; `lag` is the time from these seconds to the moment of the price.
    """

    url: str
    pause: float
    convention: str
    page: Callable[[Host, PriceFeed, date, date], Iterator[tuple[object, object]]]
    page_days: int
    lag: timedelta
    key_header: str = ""


def fetch_prices(host: Host, venue: Venue, feed: PriceFeed, since: date, now: datetime) -> list[Price]:
    """The prices of all days from `since` on that have ended, by day. Raises FeedFailed, or gives all."""
    found: dict[date, Price] = {}
    first = since
    while first <= (last := _last_ended(now)):
        for seconds, price in venue.page(host, feed, first, min(first + (venue.page_days - 1) * DAY, last)):
            priced_at = _moment(host, seconds) + venue.lag
            day = (priced_at - timedelta(seconds=1)).date()  # midnight ends a day
            if not since <= day <= _last_ended(min(now, host.said_at or now)):
                continue
            row = Price(day, priced_at, _number(host, price))
            if found.setdefault(day, row) != row:
                raise FeedFailed(f"{host.name} gives two prices for {day}, so none was taken.")
        first += venue.page_days * DAY
    return [found[day] for day in sorted(found)]


def _last_ended(now: datetime) -> date:
    return (now.astimezone(UTC) - SETTLES).date() - DAY


def _kraken(host: Host, feed: PriceFeed, first: date, _last: date) -> Iterator[tuple[object, object]]:
    """All it has since a moment, at most the latest 720 days; the last candle is the unfinished one."""
    since = _seconds(first) - 1
    answer = host.get("/0/public/OHLC", pair=feed.symbol, interval=1440, since=since)
    if not isinstance(answer, dict) or not isinstance(answer.get("error"), list):
        raise _changed(host, "an object with error and result")
    if answer["error"]:
        raise FeedFailed(f"{host.name} does not know {feed.symbol}, or is too busy. Check the symbol.")
    result = answer.get("result")
    candles = [value for key, value in result.items() if key != "last"] if isinstance(result, dict) else []
    if len(candles) != 1:
        raise _changed(host, "one list of candles")
    for candle in _rows(host, candles[0], 8):
        yield candle[0], candle[4]


def _coinbase(host: Host, feed: PriceFeed, first: date, last: date) -> Iterator[tuple[object, object]]:
    """At most 300 candles, newest first, some of them before the first day that was asked for."""
    span = {"start": f"{first}T00:00:00Z", "end": f"{last}T00:00:00Z"}
    answer = host.get(f"/products/{feed.symbol}/candles", granularity=86400, **span)
    for candle in _rows(host, answer, 6):
        yield candle[0], candle[4]


def _coingecko(host: Host, feed: PriceFeed, first: date, last: date) -> Iterator[tuple[object, object]]:
    """Samples at 00:00 UTC in milliseconds, which end the day before; the newest may be of this minute."""
    span = {"from": _seconds(first + DAY) - 1, "to": _seconds(last + DAY) + 1}
    path = f"/api/v3/coins/{feed.symbol}/market_chart/range"
    answer = host.get(path, vs_currency=feed.quote_asset.lower(), interval="daily", **span)
    if not isinstance(answer, dict):
        raise _changed(host, "an object with prices")
    points = _rows(host, answer.get("prices"), 2)
    at_midnight = [point for point in points if isinstance(point[0], int) and point[0] % 86_400_000 == 0]
    if points and not at_midnight and last > first:
        raise _changed(host, "prices of 00:00 UTC")
    for milliseconds, price in at_midnight:
        yield milliseconds // 1000, price


CLOSE, SAMPLE = "daily close 24:00 UTC", "sample at 00:00 UTC"
TO_THE_CLOSE = DAY - timedelta(seconds=1)  # a candle bears its first second, its price is that of its last
VENUES = {
    "kraken": Venue("https://api.kraken.com", 1.0, CLOSE, _kraken, 700, TO_THE_CLOSE),
    "coinbase": Venue("https://api.exchange.coinbase.com", 0.5, CLOSE, _coinbase, 300, TO_THE_CLOSE),
    "coingecko": Venue(
        "https://api.coingecko.com", 2.5, SAMPLE, _coingecko, 365, timedelta(0), "x-cg-demo-api-key"
    ),
    "coingecko_pro": Venue(
        "https://pro-api.coingecko.com", 0.5, SAMPLE, _coingecko, 365, timedelta(0), "x-cg-pro-api-key"
    ),
}


def _rows(host: Host, rows: object, width: int) -> list[list]:
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == width for row in rows):
        raise _changed(host, f"rows of {width} values")
    return rows


def _moment(host: Host, seconds: object) -> datetime:
    if type(seconds) is not int or not 1_230_940_800 <= seconds < 1 << 33:  # 2009-01-03 to 2242
        raise _changed(host, "times as seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


def _number(host: Host, price: object) -> str:
    text = str(price) if type(price) in (int, str) else ""
    if not PRICE.fullmatch(text) or not text.lower().partition("e")[0].strip("0."):
        raise _changed(host, "prices as positive numbers")
    return text


def _changed(host: Host, expected: str) -> FeedFailed:
    return FeedFailed(
        f"{host.name} answers otherwise than it used to (expected {expected}). Nothing was taken; land a file"
        " of prices meanwhile, and report it."
    )


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
