"""Venues' words → prices: digits as written, finished days only, every day once, all of it or nothing."""

from datetime import UTC, date, datetime

import pytest

from dagster_project.feeds.host import FeedFailed
from dagster_project.feeds.prices import VENUES, PriceFeed, fetch_prices
from tests.feeds.servers import Answer

NOW = datetime(2026, 2, 9, 2, 30, tzinfo=UTC)
FIRST = date(2026, 2, 6)
DAYS = {date(2026, 2, 6): "70555.10", date(2026, 2, 7): "69984.73000", date(2026, 2, 8): "70264"}


def seconds(day, hour=0):
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp())


def kraken(days):
    candles = [[seconds(day), "1", "2", "0.5", price, "1.5", "10", 7] for day, price in days.items()]
    return {"error": [], "result": {"XXBTZUSD": candles, "last": seconds(FIRST)}}


def coinbase(days):
    rows = ",".join(f"[{seconds(day)}, 1.5, 3, 2, {price}, 10.25]" for day, price in reversed(days.items()))
    return Answer(f"[{rows}]".encode())


def coingecko(days):
    points = [f"[{(seconds(day) + 86400) * 1000}, {price}]" for day, price in days.items()]
    now = f"[{int(NOW.timestamp()) * 1000}, 71000.5]"
    return Answer(
        f'{{"prices": [{",".join([*points, now])}], "market_caps": [], "total_volumes": []}}'.encode()
    )


SAID = {"kraken": kraken, "coinbase": coinbase, "coingecko": coingecko}


def fetch(host, venue, since=FIRST, now=NOW):
    return fetch_prices(host, VENUES[venue], PriceFeed("x", venue, "BTC", "USD", "BTCUSD", FIRST), since, now)


@pytest.mark.parametrize("venue", SAID)
def test_digits_are_those_of_the_venue_and_a_day_ends_with_its_price(host, server, venue):
    server.says(SAID[venue](DAYS))
    prices = fetch(host, venue)
    assert {row.day: row.price for row in prices} == DAYS
    ends = "2026-02-07T00:00:00" if venue == "coingecko" else "2026-02-06T23:59:59"
    assert prices[0].priced_at.isoformat() == ends + "+00:00"


@pytest.mark.parametrize("venue", SAID)
def test_an_unfinished_day_has_no_price_yet(host, server, venue):
    server.says(SAID[venue](DAYS | {date(2026, 2, 9): "99999.99"}))
    assert [row.day for row in fetch(host, venue)] == list(DAYS)
    server.says(SAID[venue](DAYS))
    assert [row.day for row in fetch(host, venue, now=datetime(2026, 2, 9, 0, 30, tzinfo=UTC))] == list(DAYS)[
        :2
    ]


@pytest.mark.parametrize("venue", SAID)
def test_a_clock_that_runs_ahead_takes_no_unfinished_day(host, server, venue):
    answer = SAID[venue](DAYS)
    answer = answer if isinstance(answer, Answer) else Answer(answer)
    answer.headers["Date"] = "Sun, 08 Feb 2026 12:00:00 GMT"  # the venue's clock; ours says the 9th
    server.says(answer)
    assert [row.day for row in fetch(host, venue)] == list(DAYS)[:2]


@pytest.mark.parametrize("venue", SAID)
def test_what_was_not_asked_for_is_left(host, server, venue):
    server.says(SAID[venue]({date(2026, 1, 1): "1.5"} | DAYS))
    assert [row.day for row in fetch(host, venue, since=date(2026, 2, 8))] == [date(2026, 2, 8)]


@pytest.mark.parametrize("venue", SAID)
def test_nothing_new_asks_nobody(host, server, venue):
    assert fetch(host, venue, since=date(2026, 2, 9)) == []
    assert server.asked == []


def test_long_histories_come_in_pages_and_a_day_on_two_pages_once(host, server):
    first = date(2025, 4, 1)
    overlapping = {date(2025, 4, 1): "82500.5", date(2026, 1, 25): "88000.1", date(2026, 1, 26): "88100.2"}
    server.says(coinbase(overlapping), coinbase(overlapping | DAYS))
    assert [row.day for row in fetch(host, "coinbase", since=first)] == sorted(overlapping | DAYS)
    assert [path.partition("start=")[2][:10] for path, _ in server.asked] == ["2025-04-01", "2026-01-26"]


def test_two_prices_of_one_day_are_none(host, server):
    server.says(coinbase({date(2026, 1, 26): "88100.2"}), coinbase({date(2026, 1, 26): "88100.3"} | DAYS))
    with pytest.raises(FeedFailed, match="two prices for 2026-01-26"):
        fetch(host, "coinbase", since=date(2025, 4, 1))


CANDLE = [seconds(FIRST), "1", "2", "0.5", "70000", "1.5", "10", 7]


@pytest.mark.parametrize(
    ("venue", "answer"),
    [
        ("kraken", []),
        ("kraken", {"result": {}}),
        ("kraken", {"error": [], "result": None}),
        ("kraken", {"error": [], "result": {"A": [CANDLE], "B": [CANDLE], "last": 1}}),
        ("kraken", {"error": [], "result": {"A": [CANDLE[:7]], "last": 1}}),
        ("kraken", {"error": [], "result": {"A": [["2026-02-06", *CANDLE[1:]]], "last": 1}}),
        ("kraken", {"error": [], "result": {"A": [[CANDLE[0] * 1000, *CANDLE[1:]]], "last": 1}}),
        ("kraken", {"error": [], "result": {"A": [[True, *CANDLE[1:]]], "last": 1}}),
        *(
            ("kraken", {"error": [], "result": {"A": [[*CANDLE[:4], price, *CANDLE[5:]]], "last": 1}})
            for price in ("0", "0.00", "-1", "", "1,5", "70000 USD", None, True, "=1+1", [], "0e5", "0.0E5")
        ),
        ("coinbase", {"message": "NotFound"}),
        ("coinbase", [[seconds(FIRST), 1, 2, 3, 4]]),
        ("coingecko", []),
        ("coingecko", {"prices": None}),
        ("coingecko", {"prices": [[seconds(FIRST, 15) * 1000, 70000], [seconds(FIRST, 16) * 1000, 70001]]}),
    ],
)
def test_another_shape_is_refused_as_a_whole(host, server, venue, answer):
    server.says(answer)
    with pytest.raises(FeedFailed, match="answers otherwise than it used to"):
        fetch(host, venue)


def test_an_error_of_the_venue_is_a_sentence(host, server):
    server.says({"error": ["EQuery:Unknown asset pair"]})
    with pytest.raises(FeedFailed, match="does not know BTCUSD"):
        fetch(host, "kraken")
