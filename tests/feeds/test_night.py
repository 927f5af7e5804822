"""One night with feeds: what they bring reaches the marts, one that fails warns, and secrets stay secret."""

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import dagster as dg
import pytest

from dagster_project.cli import screen
from dagster_project.cli.run_nightly import run_nightly
from dagster_project.feeds.prices import VENUES
from dagster_project.published.builds import current
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect_for_reading
from tests.feeds.servers import Answer, Server
from tests.feeds.test_balances import ADDRESS, chain, stats
from tests.feeds.test_fetch import KEY
from tests.feeds.test_prices import kraken

KRAKEN = {date(2026, 2, 6): "70560.1", date(2026, 2, 7): "75000.5"}  # the sample's closes: 70535.76, 69984.73
PRICE_FEEDS = """\
kraken-btc-usd,kraken,BTC,USD,XBTUSD,2026-02-06,
gecko-btc-usd,coingecko,BTC,USD,bitcoin,2026-02-06,
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A night over the sample; Kraken and the chain answer, CoinGecko refuses the key and repeats it."""
    folder, server = tmp_path_factory.mktemp("feeds"), Server()
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    with (folder / "seeds" / "price_feeds.csv").open("a") as seed:
        seed.write(PRICE_FEEDS)
    with (folder / "seeds" / "watched_addresses.csv").open("a") as seed:
        seed.write(f"vault,lantern:custody,{ADDRESS},,\n")
    on_chain = chain({f"/address/{ADDRESS}": stats(700_000_000, 0, 1)})

    def route(path):
        if path.startswith("/api/v3"):
            return Answer({"error": KEY}, status=403)
        return Answer(kraken(KRAKEN)) if "OHLC" in path else on_chain(path)

    server.route = route
    settings = Settings(
        data=folder / "data",
        inbox=ROOT / "data" / "sample",
        seeds=folder / "seeds",
        esplora_url=server.url,
        coingecko_key=KEY,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, venue in VENUES.items():
            patch.setitem(VENUES, name, replace(venue, url=server.url, pause=0))
        yield settings, run_nightly(settings)
    server.close()


def test_the_night_is_published_though_a_feed_failed(night, capsys):
    settings, ran = night
    assert {feed.feed_id: bool(feed.failure) for feed in ran.fetched.feeds} == {
        "kraken-btc-usd": False,
        "gecko-btc-usd": True,
        "esplora": False,
    }
    assert current(settings) is not None
    screen.summary(ran)
    said = capsys.readouterr().out
    assert "Fetched    3 rows from 3 feeds" in said
    assert "gecko-btc-usd: 127.0.0.1 answered HTTP 403." in said


def test_what_was_fetched_is_in_the_marts(night):
    settings, _ = night
    with connect_for_reading(current(settings).database) as marts:
        [statement] = marts.execute(
            "select statement, status, theirs_quantity from reconciliation where statement_source = 'esplora'"
        ).fetchall()
        assert statement == ("on-chain: vault", "break", 7)
        disagreeing = marts.execute(
            "select date, gap_ratio from price_breaks where price_source like 'kraken%'"
        ).fetchall()
        assert disagreeing == [(date(2026, 2, 7), Decimal("0.071669"))]


def test_the_check_of_the_feeds_warns_and_does_not_block(night):
    settings, _ = night
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        [run] = instance.get_runs()
        [check] = [
            event.dagster_event.event_specific_data
            for event in instance.all_logs(run.run_id)
            if event.is_dagster_event
            and event.dagster_event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and event.dagster_event.event_specific_data.check_name == "feeds_are_fresh"
        ]
        assert run.status == dg.DagsterRunStatus.SUCCESS
        assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_no_secret_is_in_any_file_of_the_night_or_in_what_is_published(night):
    settings, _ = night
    for path in settings.data.rglob("*"):
        if (
            path.is_file() and path != settings.warehouse and path.parent != settings.staged_seeds
        ):  # seeds have them
            content = path.read_bytes()
            assert KEY.encode() not in content, path
            assert ADDRESS.encode() not in content, path
    with connect_for_reading(current(settings).database) as marts:
        tables = marts.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            found = marts.execute(
                f"select count(*) from {schema}.{table} t"
                " where contains(t::varchar, ?) or contains(t::varchar, ?)",
                [KEY, ADDRESS],
            ).fetchall()
            assert found == [(0,)], table
