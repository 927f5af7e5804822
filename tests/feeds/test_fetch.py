"""A night of feeds: news become a file at once, a kill changes nothing, one failure stops no other feed."""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dagster_project import feeds
from dagster_project.feeds import fetch, files
from dagster_project.feeds.prices import VENUES
from dagster_project.landing import land
from dagster_project.settings import Settings, load_settings
from tests.feeds.servers import Answer
from tests.feeds.test_balances import ADDRESS, chain, stats
from tests.feeds.test_prices import kraken, seconds

NOW = datetime(2026, 2, 9, 2, 30, tzinfo=UTC)
KEY = "CG-canary-key-5f1e"


@pytest.fixture
def house(tmp_path, server, monkeypatch) -> Settings:
    """A house whose venues are all the server of the test."""
    for name, venue in VENUES.items():
        monkeypatch.setitem(VENUES, name, replace(venue, url=server.url, pause=0))
    monkeypatch.setattr(feeds, "ESPLORA_PAUSE", 0)
    (tmp_path / "seeds").mkdir()
    (tmp_path / "inbox").mkdir()
    return Settings(
        data=tmp_path / "data",
        inbox=tmp_path / "inbox",
        seeds=tmp_path / "seeds",
        esplora_url=server.url,
        coingecko_key=KEY,
    )


@pytest.fixture
def ask(house, clock):
    """Run a night's feeds: `ask("kraken-btc-usd,kraken,BTC,USD,XBTUSD,2026-02-06", now=…)`."""

    def run(*price_feeds, watched=(), now=NOW):
        (house.seeds / "price_feeds.csv").write_text(
            "\n".join(["feed_id,venue,asset_id,quote_asset,symbol,first_day,note", *price_feeds]) + "\n"
        )
        (house.seeds / "watched_addresses.csv").write_text(
            "\n".join(["label,account_id,address,script_type,note", *watched]) + "\n"
        )
        return fetch(house, now, clock.sleep)

    return run


KRAKEN = "kraken-btc-usd,kraken,BTC,USD,XBTUSD,2026-02-06"
DAYS = {date(2026, 2, 6): "70555.1", date(2026, 2, 7): "69984.73", date(2026, 2, 8): "70264.0"}


def fetched(house):
    return sorted(path.name for path in (house.fetched / "feeds").glob("*")) if house.fetched.exists() else []


def rows(house):
    lines = []
    for path in sorted((house.fetched / "feeds").glob("*.csv")):
        with path.open() as file:
            lines += csv.DictReader(file)
    return lines


def test_without_a_feed_nobody_is_asked(ask, house, server):
    assert ask().feeds == []
    for seed in house.seeds.glob("*.csv"):
        seed.unlink()
    assert fetch(house, NOW).feeds == []
    assert (server.asked, fetched(house)) == ([], [])


def test_a_feed_goes_on_after_the_last_day_that_it_has(ask, house, server):
    server.says(kraken(dict(list(DAYS.items())[:2])))
    [feed] = ask(KRAKEN, now=NOW - timedelta(days=1)).feeds
    assert (feed.rows, feed.last_day, feed.failure) == (2, date(2026, 2, 7), None)
    server.says(kraken(DAYS))
    assert ask(KRAKEN).rows == 1
    assert ask(KRAKEN).rows == 0
    assert fetched(house) == [
        "prices__kraken-btc-usd__2026-02-06__2026-02-07.csv",
        "prices__kraken-btc-usd__2026-02-08__2026-02-08.csv",
    ]
    assert f"since={seconds(date(2026, 2, 8)) - 1}" in server.asked[-1][0]
    assert len(server.asked) == 2  # the third time there was no day to ask for
    assert [(row["priced_at"], row["price"], row["venue"]) for row in rows(house)] == [
        ("2026-02-06T23:59:59Z", "70555.1", "kraken"),
        ("2026-02-07T23:59:59Z", "69984.73", "kraken"),
        ("2026-02-08T23:59:59Z", "70264.0", "kraken"),
    ]


def test_feeds_whose_names_begin_alike_keep_apart(ask, house, server):
    server.says(kraken(DAYS))
    ask(KRAKEN)
    [longer, _] = ask("kraken-btc-usd-2,kraken,BTC,USD,XBTUSD,2026-02-06", KRAKEN).feeds
    assert longer.rows == 3


def test_a_night_that_is_killed_while_it_writes_leaves_no_file_and_the_next_one_fetches_again(
    ask, house, server, monkeypatch
):
    def killed(_):
        raise KeyboardInterrupt

    server.says(kraken(DAYS))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files.os, "fsync", killed)
        ask(KRAKEN)
    assert [name for name in fetched(house) if not name.startswith(".")] == []
    report = land(house, NOW, settle_seconds=0)
    assert (report.landed, [passed.why for passed in report.ignored]) == (
        [],
        ["a hidden, partial or backup name"],
    )
    assert ask(KRAKEN).rows == 3
    assert len(fetched(house)) == 1


@pytest.mark.parametrize(
    "answer",
    [Answer(status=500), Answer(b"<html>"), {"error": [], "result": {"X": [[1]]}}, Answer(status=302)],
    ids=["500", "html", "shape", "redirect"],
)
def test_a_feed_that_fails_writes_nothing_and_stops_no_other(ask, house, server, answer):
    server.route = lambda path: (
        chain({f"/address/{ADDRESS}": stats(5, 0, 1)})(path)
        if path.startswith(("/blocks", "/address"))
        else (answer if isinstance(answer, Answer) else Answer(answer))
    )
    report = ask(KRAKEN, watched=[f"vault,acme:custody,{ADDRESS},"])
    prices, balances = report.feeds
    assert prices.failure.startswith("127.0.0.1")
    assert (balances.rows, balances.failure) == (1, None)
    assert fetched(house) == ["balances__esplora__block-936000.csv"]
    assert report.troubled == [prices]


def test_a_feed_that_has_long_brought_nothing_is_stale(ask, server):
    server.says(kraken({}))
    [feed] = ask(KRAKEN, now=datetime(2026, 2, 20, tzinfo=UTC)).feeds
    assert (feed.failure, feed.is_stale) == (None, True)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Kraken_BTC,kraken,BTC,USD,XBTUSD,2026-02-06", "feed_id"),
        ("../x,kraken,BTC,USD,XBTUSD,2026-02-06", "feed_id"),
        ("x,mtgox,BTC,USD,XBTUSD,2026-02-06", "venue"),
        ("x,coinbase,BTC,USD,../../accounts,2026-02-06", "symbol"),
        ("x,kraken,BTC,USD,XBTUSD,06.02.2026", "first_day"),
        ("x,kraken,BTC", "symbol"),
    ],
)
def test_a_row_of_the_seed_that_makes_no_sense_is_a_sentence(ask, server, row, why):
    [feed] = ask(row).feeds
    assert why in feed.failure
    assert server.asked == []


def test_a_fault_of_our_own_stops_no_night_and_shows_no_text(ask, server, monkeypatch):
    def broken(*_):
        raise KeyError(KEY)

    monkeypatch.setattr(feeds, "fetch_prices", broken)
    [feed] = ask(KRAKEN).feeds
    assert feed.failure == "ran into KeyError. Report this bug."


def test_two_nights_in_one_block_land_one_statement(ask, house, server):
    server.route = chain({f"/address/{ADDRESS}": stats(5, 0, 1)})
    watched = [f"vault,acme:custody,{ADDRESS},"]
    ask(watched=watched)
    assert [file.source_file for file in land(house, NOW, settle_seconds=0).landed] == [
        "feeds/balances__esplora__block-936000.csv"
    ]
    ask(watched=watched)
    assert land(house, NOW, settle_seconds=0).landed == []
    [row] = rows(house)
    assert (row["quantity"], row["statement"], row["source_url"]) == (
        "0.00000005",
        "on-chain: vault",
        "127.0.0.1",
    )


def test_without_a_server_of_its_own_nobody_is_told_our_addresses(ask, house, server):
    object.__setattr__(house, "esplora_url", "")
    [feed] = ask(watched=[f"vault,acme:custody,{ADDRESS},"]).feeds
    assert "COFFER_ESPLORA_URL" in feed.failure
    assert server.asked == []


def test_keys_come_from_the_environment_alone_and_are_not_shown_or_handed_on(ask, house, server, caplog):
    caplog.set_level("DEBUG")
    server.says(Answer({"key": KEY}, status=401))
    report = ask("gecko,coingecko,BTC,USD,bitcoin,2026-02-06")
    assert server.asked[0][1]["x-cg-demo-api-key"] == KEY
    assert KEY not in server.asked[0][0]
    settings = load_settings({"COFFER_COINGECKO_KEY": f" {KEY} ", "COFFER_ESPLORA_URL": "https://u:pw@x"})
    assert (settings.coingecko_key, settings.esplora_url) == (KEY, "https://u:pw@x")
    said = f"{caplog.text} {report} {settings} {settings.environment()} {house}"
    assert KEY not in said
    assert "u:pw" not in said
