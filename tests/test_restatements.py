"""Later landings: what replaces a row, what only repeats it, what is missing, and what comes too late.

One small house takes in files in five nights; its company closes January, reopens it and closes it again:

    jan 20   jan 25   feb  5   feb 10   mar  1   mar  2   mar  3   mar 10
    night    night    closed   night    reopened night    closed   night

The ids are those of the fault list where it has one.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dagster_project.build.warehouse import build_warehouse
from dagster_project.landing import land
from dagster_project.storage.database import connect

NIGHTS = [
    datetime(2026, month, day, 2, 30, tzinfo=UTC)
    for month, day in [(1, 20), (1, 25), (2, 10), (3, 2), (3, 10)]
]
CLOSED = [
    "acme,2026-01-31,2026-02-05T00:00:00Z,2026-03-01T00:00:00Z",
    "acme,2026-01-31,2026-03-03T00:00:00Z,",
]


def bought(
    event_id: str, quantity: object = 1, at: str = "2026-01-10T12:00:00Z", company: str = "acme"
) -> dict:
    """A purchase of bitcoin for 100 dollars."""
    return {
        "event_id": event_id,
        "company_id": company,
        "occurred_at": at,
        "event_type": "purchase",
        "from_account": f"{company}:cash",
        "from_asset": "USD",
        "from_quantity": 100,
        "to_account": f"{company}:custody",
        "to_asset": "BTC",
        "to_quantity": quantity,
    }


def on(day: int, event_id: str) -> dict:
    """A purchase on a day of January."""
    return bought(event_id, at=f"2026-01-{day:02}T12:00:00Z")


def price(asset: str, at: str, usd: int) -> dict:
    return {"asset_id": asset, "quote_asset": "USD", "priced_at": at, "price": usd, "convention": "close"}


def balance(quantity: int) -> dict:
    return {
        "account_id": "acme:custody",
        "asset_id": "BTC",
        "as_of": "2026-01-31T23:59:59Z",
        "quantity": quantity,
    }


DELIVERIES = [
    {
        "events-I03.csv": [bought("I03")],
        "events-I06.csv": [on(5, "I06-1"), on(6, "I06-2")],
        "events-I07.csv": [on(5, "I07-1"), on(6, "I07-2"), on(7, "I07-3")],
        "events-hole.csv": [on(5, "hole-1"), on(6, "hole-2"), on(7, "hole-3")],
        "events-back.csv": [on(5, "back-1"), on(6, "back-2")],
        "events-elsewhere.csv": [on(5, "elsewhere-1"), on(6, "elsewhere-2")],
        "events-monthly.csv": [on(5, "monthly-1"), on(19, "monthly-2")],
        "events-window.csv": [on(5, "window-1"), on(6, "window-2"), on(7, "window-3")],
        "events-quarrel.csv": [bought("quarrel"), bought("settled")],
        "events-swings.csv": [bought("swings", 1), bought("same"), bought("unread")],
        "events-january.csv": [bought("held"), bought("moved"), bought("again"), bought("reopened")],
        "prices.csv": [
            price("BTC", "2026-01-10T00:00:00Z", 50_000),
            price("ETH", "2026-01-10T00:00:00Z", 3_000),
        ],
    },
    {
        "events-I03-again.csv": [bought("I03", 7)],
        "events-I06.csv": [on(5, "I06-1"), on(6, "I06-2") | {"to_quantity": 7, "note": "edited"}],
        "events-I07.csv": [on(5, "I07-1"), on(6, "I07-2")],
        "events-hole.csv": [on(5, "hole-1"), on(7, "hole-3"), on(8, "hole-4")],
        "events-back.csv": [on(5, "back-1")],
        "events-elsewhere.csv": [on(5, "elsewhere-1")],
        "events-part-2.csv": [on(6, "elsewhere-2")],
        "events-monthly.csv": [on(10, "monthly-3"), on(24, "monthly-4")],
        "events-window.csv": [on(6, "window-2"), on(7, "window-3"), on(8, "window-4")],
        "events-quarrel-a.csv": [bought("quarrel", 2), bought("settled", 2)],
        "events-quarrel-b.csv": [bought("quarrel", 3), bought("settled", 3)],
        "events-swings-2.csv": [bought("swings", 2), bought("same"), bought("unread", "two")],
    },
    {
        "events-back.csv": [on(5, "back-1"), on(6, "back-2"), bought("back-3", at="2026-02-03T12:00:00Z")],
        "events-february.csv": [
            bought("late", at="2026-01-31T23:30:00-05:00"),
            bought("in time", at="2026-02-01T00:30:00-05:00"),
            bought("of another company", company="zeta"),
            bought("held", 2),
            bought("moved", at="2026-02-03T12:00:00Z"),
            bought("again"),
            bought("wrong date", at="2026-01-03T12:00:00Z"),
        ],
        "prices-late.csv": [
            price("BTC", "2026-01-10T00:00:00Z", 60_000),
            price("BTC", "2026-01-11T00:00:00Z", 60_000),
            price("ETH", "2026-01-10T00:00:00Z", 4_000),
            price("BTC", "2026-02-03T00:00:00Z", 60_000),
        ],
        "balances.csv": [balance(20)],
    },
    {
        "events-mended.csv": [bought("wrong date", at="2026-02-03T12:00:00Z")],
        "events-reopened.csv": [bought("reopened", 2), bought("settled", 3), bought("new in january")],
        "events-swings-3.csv": [bought("swings", 1)],
        "balances-again.csv": [balance(21)],
    },
    {"events-closed-again.csv": [bought("reopened", 3), bought("I03", 9)]},
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory, empty_house, deliver):
    kinds = ("custody", "cash")
    settings = empty_house(
        tmp_path_factory.mktemp("restated"),
        companies=["acme,Acme,,12-31,America/New_York,", "zeta,Zeta,,12-31,UTC,"],
        accounts=[f"{company}:{kind},{company},{kind}" for company in ("acme", "zeta") for kind in kinds],
        lot_policies=[f"{company},gaap,*,fifo,company,2009-01-03" for company in ("acme", "zeta")],
        closed_periods=CLOSED,
    )
    for night, files in zip(NIGHTS, DELIVERIES, strict=True):
        for name, rows in files.items():
            deliver(settings, name, rows)
        land(settings, night, settle_seconds=0)
    build = build_warehouse(settings)
    assert [node.name for node in build.nodes if node.status in ("fail", "error", "skipped")] == []
    with connect(settings.warehouse, read_only=True) as connection:
        yield lambda query, *parameters: connection.execute(query, parameters).fetchall()


@pytest.fixture
def quantity(ask):
    """How much an event says in the marts."""
    return lambda event: ask(
        "select to_quantity from marts.events where event_id = 'treasury_csv:' || ?", event
    )


@pytest.fixture
def refused(ask):
    """Night and reason of the refused rows of an id."""

    def find(event: str) -> list[tuple]:
        rows = ask(
            "select landed_at, reason from marts.rejected_rows where raw_row ->> 'event_id' = ? order by all",
            event,
        )
        return [(NIGHTS.index(landed_at.replace(tzinfo=UTC)), reason) for landed_at, reason in rows]

    return find


@pytest.fixture
def restated(ask):
    """Nights and changes of what replaced the versions of an id, one after the other."""

    def find(native_id: str, kind: str = "restated") -> list[tuple]:
        rows = ask(
            "select old_landed_at, new_landed_at, changes from marts.restatements "
            "where native_id = ? and restatement_kind = ? order by all",
            native_id,
            kind,
        )
        night = lambda landed_at: NIGHTS.index(landed_at.replace(tzinfo=UTC))  # noqa: E731
        return [(night(old), night(new), changes) for old, new, changes in rows]

    return find


def test_I03_a_later_row_of_the_same_id_wins_and_both_stay(quantity, refused, restated):
    assert quantity("I03") == [(7,)]
    assert restated("I03") == [(0, 1, "to_quantity: 1 → 7")]


def test_I06_a_row_edited_in_a_file_of_the_same_name_is_restated_and_its_neighbour_repeated(ask, restated):
    assert restated("I06-2") == [(0, 1, "to_quantity: 1 → 7; note: empty → edited")]
    assert ask(
        "select native_id, row_status from intermediate.int_events_checked "
        "where source_file like '%I06%' order by landed_at, source_row"
    ) == [("I06-1", "accepted"), ("I06-2", "restated"), ("I06-1", "duplicate"), ("I06-2", "accepted")]


def test_I07_a_row_that_a_file_has_lost_stays_and_is_flagged(ask, quantity, restated):
    assert quantity("I07-3") == [(1,)]
    assert [(old, new) for old, new, _ in restated("I07-3", "row_disappeared")] == [(0, 1)]
    assert restated("hole-2", "row_disappeared")
    assert ask("select status from audit.checks where check_name = 'landed_rows_do_not_disappear'") == [
        ("warn",)
    ]


def test_a_name_that_is_used_again_loses_nothing(ask):
    """Another month under an old name, a window that moves on, a row that comes back or moves elsewhere."""
    missing = ask(
        "select native_id from marts.restatements where restatement_kind = 'row_disappeared' order by all"
    )
    assert missing == [("I07-3",), ("hole-2",)]


def test_files_of_one_night_that_contradict_each_other_are_refused_until_one_is_repeated(
    quantity, refused, restated
):
    assert (quantity("quarrel"), refused("quarrel")) == ([(1,)], [(1, "conflicting_duplicate")] * 2)
    assert (quantity("settled"), restated("settled")) == ([(3,)], [(0, 3, "to_quantity: 1 → 3")])


def test_the_latest_word_counts_though_it_is_that_of_the_first_version(quantity, restated):
    assert quantity("swings") == [(1,)]
    assert restated("swings") == [(0, 1, "to_quantity: 1 → 2"), (1, 3, "to_quantity: 2 → 1")]


def test_a_row_that_cannot_be_read_replaces_nothing(quantity, refused):
    assert (quantity("unread"), refused("unread")) == ([(1,)], [(1, "bad_number")])


def test_what_is_new_in_a_closed_period_is_refused_by_the_company_s_own_calendar(quantity, refused):
    assert (quantity("late"), refused("late")) == ([], [(2, "closed_period")])
    assert (quantity("in time"), refused("in time")) == ([(1,)], [])
    assert quantity("of another company") == [(1,)]


def test_a_row_of_a_closed_period_is_neither_changed_nor_moved_out_of_it_but_may_be_repeated(
    quantity, refused
):
    assert (quantity("held"), refused("held")) == ([(1,)], [(2, "closed_period")])
    assert refused("moved") == [(2, "closed_period")]
    assert (quantity("again"), refused("again")) == ([(1,)], [])


def test_a_row_refused_for_its_date_comes_in_with_the_right_one(quantity, refused):
    assert (quantity("wrong date"), refused("wrong date")) == ([(1,)], [(2, "closed_period")])


def test_a_period_that_was_reopened_on_purpose_takes_changes_until_it_is_closed_again(
    quantity, refused, restated
):
    assert quantity("new in january") == [(1,)]
    assert (quantity("reopened"), restated("reopened")) == ([(2,)], [(0, 3, "to_quantity: 1 → 2")])
    assert refused("reopened") == [(4, "closed_period")]
    assert refused("I03") == [(4, "closed_period")]


def test_a_price_does_not_change_the_closed_days_of_a_company_that_has_moved_its_asset(ask):
    prices = ask(
        "select asset_id, priced_at::date::varchar, price_usd from intermediate.int_prices order by all"
    )
    assert prices == [
        ("BTC", "2026-01-10", Decimal(50_000)),
        ("BTC", "2026-02-03", Decimal(60_000)),
        ("ETH", "2026-01-10", Decimal(4_000)),
    ]
    assert ask("select source_row, reason from marts.rejected_rows where entity = 'prices' order by all") == [
        (2, "closed_period"),
        (3, "closed_period"),
    ]


def test_a_statement_is_never_too_late_and_its_later_version_counts(ask):
    assert ask("select theirs_quantity from marts.reconciliation where account_id = 'acme:custody'") == [
        (21,)
    ]
    assert ask("select native_id, changes, company_id from marts.restatements where entity = 'balances'") == [
        ("statement acme:custody BTC 2026-01-31 23:59:59", "quantity: 20 → 21", None)
    ]


def test_what_was_refused_says_what_to_do(ask):
    [(message,)] = ask("select message from marts.rejected_rows where raw_row ->> 'event_id' = 'late'")
    assert message.startswith("treasury_csv/events-february.csv, row 2: occurred_at lies in a period that")
    assert "reopen" in message


def test_every_landed_row_has_one_fate(ask):
    fates = dict(ask("select row_status, count(*) from intermediate.int_events_checked group by all"))
    landed = sum(
        len(rows) for files in DELIVERIES for name, rows in files.items() if name.startswith("events")
    )
    assert sum(fates.values()) == landed
    assert fates.keys() == {"accepted", "restated", "rejected", "duplicate"}
