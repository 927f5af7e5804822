"""Looking back: a random history of corrections, as it ended, as it was on the way, and what changed between.

Five nights bring new purchases and sales, repeat old ones and correct them. What is left of that is what one
clean landing of the last versions gives; and a look back to the third night is what that night published.
"""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from dagster_project.build.warehouse import build_warehouse, read_manifest
from dagster_project.landing import land
from dagster_project.published import as_known, builds
from dagster_project.published.publish import publish
from dagster_project.settings import Settings
from dagster_project.storage.database import attach, connect, connect_for_reading

NIGHTS = [datetime(2026, 3, day, 2, 30, tzinfo=UTC) for day in (1, 2, 3, 4, 5)]
SEEN = 2  # the night to which we look back
EVENTS = 40
START = datetime(2025, 1, 1, 12, tzinfo=UTC)
SEEDS = {
    "companies": ["acme,Acme,,12-31,UTC,"],
    "accounts": [f"acme:{kind},acme,{kind}" for kind in ("custody", "cash", "equity")],
    "lot_policies": ["acme,gaap,*,fifo,company,2009-01-03", "acme,tax,*,hifo,company,2009-01-03"],
}
LINEAGE = {"source_file", "source_row", "source_sha256", "landed_at"}


def version(dice: random.Random, number: int) -> dict:
    """One version of an event: a purchase, or a sale, of some bitcoin for some dollars on some day."""
    dollars = "acme:cash", "USD", dice.randint(1, 999)
    coins = "acme:custody", "BTC", dice.randint(1, 9)
    sides = (dollars, coins) if dice.random() < 0.6 else (coins, dollars)
    row = {
        "event_id": f"e{number:02}",
        "company_id": "acme",
        "occurred_at": (START + timedelta(days=number + dice.randint(0, 5))).isoformat(),
        "event_type": "purchase" if sides[0] == dollars else "sale",
    }
    for side, values in zip(("from", "to"), sides, strict=True):
        row |= dict(zip((f"{side}_account", f"{side}_asset", f"{side}_quantity"), values, strict=True))
    return row


def price(dice: random.Random, month: int) -> dict:
    return {
        "asset_id": "BTC",
        "quote_asset": "USD",
        "priced_at": f"2025-{month:02}-01T00:00:00Z",
        "price": dice.randint(10, 90),
    }


def history(dice: random.Random) -> list[tuple[list[dict], list[dict]]]:
    """What each night brings: events and prices, new, repeated or corrected; every one of them comes once."""
    nights, events, prices = [], {}, {}
    for night in range(len(NIGHTS)):
        delivered = [
            n for n in range(EVENTS) if n % len(NIGHTS) == night or (n in events and dice.random() < 0.5)
        ]
        for number in delivered:
            if number not in events or dice.random() < 0.6:
                events[number] = version(dice, number)
        months = [m for m in range(1, 6) if m == night + 1 or (m in prices and dice.random() < 0.5)]
        prices |= {month: price(dice, month) for month in months}
        nights.append(([events[n] for n in delivered], [prices[m] for m in months]))
    return nights


@dataclass(frozen=True)
class House:
    """The house after its last night, the look back from there, and what the third night had published."""

    settings: Settings
    found: as_known.LookBack
    seen: dict
    parquet: dict[str, bytes]
    nights: list[tuple[list[dict], list[dict]]]


@pytest.fixture(scope="module")
def house(tmp_path_factory, empty_house, deliver) -> House:
    settings = empty_house(tmp_path_factory.mktemp("history"), **SEEDS)
    nights = history(random.Random(20260301))
    for number, (events, prices) in enumerate(nights):
        deliver(settings, f"events-{number}.csv", events)
        deliver(settings, f"prices-{number}.csv", prices)
        land(settings, NIGHTS[number], settle_seconds=0)
        if number == SEEN:
            build_warehouse(settings)
            seen = publish(settings, NIGHTS[number])
            parquet = {path.name: path.read_bytes() for path in (seen.path / "parquet").iterdir()}
    build_warehouse(settings)
    present = publish(settings, NIGHTS[-1])
    found = as_known.look_back(settings, NIGHTS[SEEN].date(), present)
    return House(settings, found, seen.manifest, parquet, nights)


def last_versions(nights: list[tuple[list[dict], list[dict]]]) -> tuple[dict, dict]:
    events, prices = {}, {}
    for some_events, some_prices in nights:
        events |= {row["event_id"]: row for row in some_events}
        prices |= {row["priced_at"]: row for row in some_prices}
    return events, prices


def figures(settings: Settings) -> dict[str, list[tuple]]:
    """Every mart without its lineage; `restatements` and `files` are nothing else."""
    with connect(settings.warehouse, read_only=True) as connection:
        rows = {}
        for mart in read_manifest(settings).marts.keys() - {"restatements", "files"}:
            columns = [row[0] for row in connection.execute(f"describe marts.{mart}").fetchall()]
            kept = ", ".join(column for column in columns if column not in LINEAGE)
            rows[mart] = connection.execute(f"select {kept} from marts.{mart} order by all").fetchall()
        return rows


@pytest.fixture
def ask(house) -> Callable[[str], list[tuple]]:
    def fetch(query: str) -> list[tuple]:
        with connect_for_reading(house.found.build.database) as connection:
            return connection.execute(query).fetchall()

    return fetch


def test_a_history_of_corrections_ends_where_a_clean_landing_of_the_last_versions_does(
    house, tmp_path, new_house
):
    events, prices = last_versions(house.nights)
    clean = new_house(tmp_path, events=list(events.values()), prices=list(prices.values()), **SEEDS)
    after, expected = figures(house.settings), figures(clean)
    assert {mart for mart in expected if after[mart] != expected[mart]} == set()
    assert len(expected["events"]) == EVENTS and expected["rejected_rows"] == []
    with connect(house.settings.warehouse, read_only=True) as connection:
        fates = dict(
            connection.execute(
                "select row_status, count(*) from intermediate.int_events_checked group by all"
            ).fetchall()
        )
    assert min(fates["restated"], fates["duplicate"]) > 5, "a history without corrections proves nothing"


def test_a_look_back_is_what_that_night_published_byte_for_byte(house):
    found = house.found.build
    assert {path.name: path.read_bytes() for path in (found.path / "parquet").iterdir()} == house.parquet
    facts = ("digest", "inputs", "marts", "data_date")
    assert [found.manifest[fact] for fact in facts] == [house.seen[fact] for fact in facts]
    assert builds.verify(found.path) == []


def test_a_look_back_touches_nothing_and_leaves_nothing_behind(house):
    current = builds.current(house.settings)
    assert current.path == house.found.present.path
    assert builds.verify(current.path) == []
    assert [path.name for path in house.settings.as_known.iterdir()] == [f"{NIGHTS[SEEN]:%Y-%m-%d}"]
    with connect() as connection:
        attach(connection, house.settings.raw, "raw")
        [(landed,)] = connection.execute("select sum(rows_landed) from raw.landing.files").fetchall()
    assert landed == sum(len(events) + len(prices) for events, prices in house.nights)


def test_changes_since_names_every_event_that_came_or_was_corrected(house, ask):
    then, _ = last_versions(house.nights[: SEEN + 1])
    now, _ = last_versions(house.nights)
    rows = ask("select distinct row_key ->> 'event_id', change_kind from changes_since where mart = 'events'")
    expected = {(f"treasury_csv:{event}", "came") for event in now.keys() - then.keys()}
    expected |= {(f"treasury_csv:{event}", "changed") for event in then if then[event] != now[event]}
    assert set(rows) == expected


def test_changes_since_says_then_and_now_exactly(house, ask):
    """Every cell that it names stands so in the two builds, and every cell that differs is named."""
    with connect(house.found.build.database, read_only=True) as connection:
        attach(connection, house.found.present.database, "present")
        expected = connection.execute(
            "select before.disposal_id, before.realized_gain_usd, after.realized_gain_usd "
            "from marts.disposals as before join present.marts.disposals as after using (disposal_id) "
            "where before.realized_gain_usd is distinct from after.realized_gain_usd order by all"
        ).fetchall()
    rows = ask(
        "select row_key ->> 'disposal_id', value_then::decimal(18, 2), value_now::decimal(18, 2) "
        "from changes_since where mart = 'disposals' and change_kind = 'changed' "
        "and column_name = 'realized_gain_usd' order by all"
    )
    assert rows == expected
    assert len(rows) > 3
    whole = ask(
        "select value_then, value_now from changes_since where mart = 'events' and change_kind = 'came'"
    )
    assert all(then is None and json.loads(now)["event_id"] for then, now in whole)


def test_the_summary_counts_rows_and_shows_the_realized_gain_then_and_now(house, ask):
    counted = ask("select mart, change_kind, count(distinct row_key) from changes_since group by all")
    assert house.found.changes == {(mart, kind): count for mart, kind, count in counted}
    gains = {(company, book): (then, now) for company, book, then, now in house.found.gains}
    then = ask("select company_id, book, sum(realized_gain_usd) from disposals group by all")
    assert {(company, book): gain for company, book, gain in then} == {
        books: then for books, (then, _) in gains.items()
    }
    assert all(then != now for then, now in gains.values())


def test_a_published_build_of_another_version_is_not_compared(house, tmp_path, monkeypatch):
    """Columns that only one of the two has would pass for changes of the company's figures."""
    present = builds.Published(tmp_path, house.found.present.manifest)
    shutil.copyfile(house.found.present.database, present.database)
    with duckdb.connect(present.database) as connection:
        connection.execute("alter table marts.lots drop column cost_usd")
    warehouse = house.settings.warehouse
    monkeypatch.setattr(as_known, "build_warehouse", lambda then: shutil.copyfile(warehouse, then.warehouse))
    with pytest.raises(
        as_known.CannotLookBack, match="another version of Coffer: its lots has other columns"
    ):
        as_known.look_back(house.settings, NIGHTS[0].date(), present)
    assert not (house.settings.as_known / f"{NIGHTS[0]:%Y-%m-%d}").exists()


def test_mstr_announce_vs_trade(tmp_path, empty_house, deliver):
    """1,070 BTC announced on 2025-01-06 had been bought in 2024: days of trades are not days of knowing."""
    settings = empty_house(tmp_path, **SEEDS)
    for name, quantity, landed in (("known", 446400, "2024-12-31"), ("later", 1070, "2025-01-06")):
        bought = {
            "event_id": name,
            "company_id": "acme",
            "occurred_at": "2024-12-31T00:00:00Z",
            "event_type": "opening_balance",
            "from_account": "acme:equity",
            "from_asset": "BTC",
            "from_quantity": quantity,
            "to_account": "acme:custody",
            "to_asset": "BTC",
            "to_quantity": quantity,
        }
        deliver(settings, f"events-{name}.csv", [bought])
        land(settings, datetime.fromisoformat(f"{landed}T12:00:00+00:00"), settle_seconds=0)

    def held(known_on):
        seen = replace(settings, known_on=known_on)
        build_warehouse(seen)
        with connect(seen.warehouse, read_only=True) as warehouse:
            found = warehouse.execute(
                "select quantity from marts.positions_daily "
                "where (account_id, date) = ('acme:custody', '2024-12-31')"
            )
            return [int(quantity) for (quantity,) in found.fetchall()]

    assert held(date(2025, 1, 5)) == [446400]
    assert held(None) == [447470]
