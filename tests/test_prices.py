"""Whose price, at which cut-off, how old: policies as data; a second source; and statements that disagree."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dagster_project.storage.database import connect

NAMES = ("plain", "ny", "strict")
BREAKS_FROM = date(2025, 9, 1)
CHANGE = BREAKS_FROM + timedelta(days=25)


def event(company, day, sent, received, kind="mining_reward", **more):
    row = {
        "event_id": f"{company}-{day}-{kind}",
        "company_id": company,
        "occurred_at": day,
        "event_type": kind,
    }
    for side, text in (("from", sent), ("to", received)):
        account, asset, quantity = text.split()
        row |= {
            f"{side}_account": f"{company}:{account}",
            f"{side}_asset": asset,
            f"{side}_quantity": quantity,
        }
    return row | more


EVENTS = [
    event(company, f"2026-01-{moment}Z", "income BTC 1", "custody BTC 1")
    for company in NAMES
    for moment in ("01T12:00:00", "02T12:00:00", "05T12:00:00")
] + [
    event("strict", "2026-01-02T13:00:00Z", "custody BTC 1", "collateral BTC 1", "pledge"),
    event("strict", "2026-01-02T14:00:00Z", "loan USD 50", "cash USD 50", "drawdown"),
    event("strict", "2026-01-05T13:00:00Z", "custody BTC 0.5", "exchange BTC 0.5", "transfer"),
    event("strict", "2026-01-05T14:00:00Z", "income USDT 100", "custody USDT 100", "staking_reward"),
    event("plain", "2026-01-06T12:00:00Z", "equity USD 5", "cash USD 5", "opening_balance"),
]


def price(moment, number, venue="", asset="BTC", convention=""):
    row = {"asset_id": asset, "quote_asset": "USD", "priced_at": moment, "price": str(number)}
    return (
        row
        | {"convention": convention, "source_url": venue and f"https://{venue}"}
        | ({"venue": venue} if venue else {})
    )


OWN = [
    price("2026-01-01T12:00:00Z", 100),
    price("2026-01-02T12:00:00Z", 110),
    price("2026-01-02T12:00:00Z", "0.99", asset="USDT"),
    # A decimal point that slipped among a week of equal prices.
    *(price(f"2025-06-0{day}T12:00:00Z", 100 if day == 4 else 1, asset="USDC") for day in range(1, 8)),
]
COINBASE = [
    price("2026-01-01T21:00:00Z", 101, "coinbase"),  # 16:00 in New York
    price("2026-01-01T21:00:01Z", 102, "coinbase"),
    price("2026-01-02T20:00:00Z", 111, "coinbase"),
]
KRAKEN = [price("2026-01-02T22:00:00Z", 112, "kraken"), price("2026-01-03T10:00:00Z", 113, "kraken")]


def ether(venue):
    """50 days: two closes 0.03 % apart, once 2 %; from the 26th on one is sampled at some other time."""
    for n in range(50):
        day, close = BREAKS_FROM + timedelta(days=n), Decimal(2500 + 7 * (n % 9))
        gap = Decimal("0.02") if n == 4 else Decimal("0.0003") if day < CHANGE else Decimal("0.007")
        number = close if venue == "kraken" else close * (1 + (gap if n % 2 else -gap))
        yield price(f"{day}T23:59:59Z", number.quantize(Decimal("0.00000001")), venue, "ETH", "daily close")


def statement(moment, quantity, **more):
    row = {
        "account_id": "plain:custody",
        "asset_id": "BTC",
        "as_of": f"2026-01-{moment}Z",
        "quantity": quantity,
    }
    return row | {"statement": "statement", "source_url": ""} | more


CHAIN = [
    statement(moment, quantity, statement="on-chain: vault", venue="esplora")
    for moment, quantity in (
        ("01T23:00:00", "1"),
        ("03T12:00:00", "1.5"),
        ("04T12:00:00", "1.5"),
        ("05T13:00:00", "3"),
        ("06T11:00:00", "2.9"),
    )
]


@pytest.fixture(scope="module")
def house(new_house, tmp_path_factory):
    settings = new_house(
        tmp_path_factory.mktemp("prices"),
        EVENTS,
        OWN,
        balances=[statement("04T09:00:00", "9"), statement("02T13:00:00", "2")],
        fetched={
            "prices__coinbase-btc-usd__2026-01-01__2026-01-02": COINBASE,
            "prices__kraken-btc-usd__2026-01-02__2026-01-03": KRAKEN,
            "prices__coinbase-eth-usd__2025-09-01__2025-10-20": list(ether("coinbase")),
            "prices__kraken-eth-usd__2025-09-01__2025-10-20": list(ether("kraken")),
            "balances__esplora__block-1": CHAIN,
        },
        companies=[f"{name},{name},,12-31,UTC," for name in NAMES],
        accounts=[
            f"{name}:{kind},{name},{kind},,,,"
            for name in NAMES
            for kind in ("income", "custody", "cash", "exchange", "equity")
        ]
        + [f"strict:{kind},strict,{kind},,credit,," for kind in ("loan", "collateral")],
        loan_terms=["credit,strict,lender,USD,BTC,2026-01-02,,,,0.4,0.9,0.8,0.95,false,true,,"],
        lot_policies=[f"{name},gaap,*,fifo,company,2009-01-03" for name in NAMES],
        price_policies=[
            "ny,*,2009-01-03,coinbase;kraken,16:00,America/New_York,,",
            "strict,*,2009-01-03,,,,24,",
        ],
        statement_policies=["*,*,treasury_csv,2,", "plain,*,esplora,1,"],
    )
    with connect(settings.warehouse, read_only=True) as connection:
        connection.execute("set search_path = 'marts'")
        yield connection


def closing(house, company):
    return dict(
        house.execute(
            "select day(date), price_usd from positions_daily"
            f" where account_id = '{company}:custody' and asset_id = 'BTC' order by date"
        ).fetchall()
    )


def test_without_a_policy_the_last_price_of_any_source_before_midnight_utc_counts(house):
    assert closing(house, "plain") == {1: 102, 2: 112, 3: 113, 4: 113, 5: 113, 6: 113}


def test_a_day_ends_at_the_cut_off_of_the_policy_in_its_zone_and_the_first_source_speaks(house):
    # 101 is of 16:00 to the second; coinbase speaks until 16:00 of the 2nd, then kraken alone has a price
    assert closing(house, "ny") == {1: 101, 2: 111, 3: 113, 4: 113, 5: 113, 6: 113}


def test_a_price_that_is_too_old_is_unknown_and_says_of_when_it_is(house):
    assert closing(house, "strict") == {1: 102, 2: 112, 3: 113, 4: None, 5: None, 6: None}
    [row] = house.execute(
        "select price_at::varchar, price_age_days, fair_value_usd from positions_daily"
        " where account_id = 'strict:custody' and asset_id = 'BTC' and date = '2026-01-05'"
    ).fetchall()
    assert row == ("2026-01-03 10:00:00", 2, None)


def test_events_are_valued_by_their_companies_policies(house):
    values = house.execute(
        "select company_id, day(occurred_at), value_usd, value_basis from events"
        " where event_type = 'mining_reward' order by all"
    ).fetchall()
    assert values == [
        ("ny", 1, None, "unknown"),
        ("ny", 2, 102, "from_price"),
        ("ny", 5, 113, "from_price"),
        ("plain", 1, 100, "from_price"),
        ("plain", 2, 110, "from_price"),
        ("plain", 5, 113, "from_price"),
        ("strict", 1, 100, "from_price"),
        ("strict", 2, 110, "from_price"),
        ("strict", 5, None, "price_too_old"),
    ]


def test_a_stablecoin_whose_price_is_too_old_is_not_taken_for_a_dollar(house):
    [row] = house.execute(
        "select value_usd, value_basis from events where event_type = 'staking_reward'"
    ).fetchall()
    assert row == (None, "price_too_old")


def test_a_loan_whose_collateral_has_no_price_any_more_is_neither_current_nor_called(house):
    states = house.execute(
        "select day(date), collateral_value_usd, loan_state, state_rule from loans_daily order by date"
    ).fetchall()
    assert states == [
        (2, 112, "current", "below_margin_call_ltv"),
        (3, 113, "current", "below_margin_call_ltv"),
        (4, None, "price_unknown", "collateral_price_unknown"),
        (5, None, "price_unknown", "collateral_price_unknown"),
        (6, None, "price_unknown", "collateral_price_unknown"),
    ]


def test_lots_and_months_follow_the_policy_too(house):
    assert house.execute(
        "select company_id, min(price_usd), max(price_usd) from lots group by all order by all"
    ).fetchall() == [("ny", 113, 113), ("plain", 113, 113), ("strict", None, None)]
    assert house.execute(
        "select company_id, closing_price_usd from fair_value_monthly"
        " where asset_id = 'BTC' and month = '2026-01-01' order by all"
    ).fetchall() == [("ny", 113), ("plain", 113), ("strict", None)]


def breaks(house, kind):
    return house.execute(
        "select asset_id, date, split_part(price_source, ' ', 1), split_part(other_source, ' ', 1),"
        f" gap_ratio, usual_gap_ratio from price_breaks where break_kind = '{kind}' order by all"
    ).fetchall()


def test_a_silent_change_of_convention_is_found_on_its_first_day(house):
    [(asset, day, one, other, now, before)] = breaks(house, "change_of_convention")
    assert (asset, day, one, other) == ("ETH", CHANGE, "coinbase", "kraken")
    assert (now, before) == (Decimal("0.007"), Decimal("0.0003"))


def test_sources_that_disagree_by_more_than_the_tolerance_are_a_break(house):
    found = breaks(house, "disagreement")
    assert [row for row in found if row[0] == "ETH"] == [
        ("ETH", BREAKS_FROM + timedelta(days=4), "coinbase", "kraken", Decimal("-0.02"), None)
    ]
    assert {(row[1].day, *row[2:4]) for row in found if row[0] == "BTC"} == {
        (1, "coinbase", "treasury_csv"),  # 102 beside 100
        (2, "kraken", "treasury_csv"),  # 112 beside 110; 111 is within a hundredth of both
    }


def test_a_price_a_hundred_times_its_neighbours_is_an_outlier_and_they_are_not(house):
    [(asset, day, source, other, gap, _)] = breaks(house, "outlier")
    assert (asset, day, source, other, gap) == ("USDC", date(2025, 6, 4), "treasury_csv", "its", Decimal(99))


def test_a_break_knows_its_age_its_dollars_and_when_it_was_mended(house):
    assert house.execute(
        "select day(as_of), status, difference_quantity, difference_usd, day(broken_since),"
        " day(agreed_again_at), break_age_days from reconciliation "
        "where statement_source = 'esplora' order by as_of"
    ).fetchall() == [
        (1, "agreed", 0, 0, None, None, None),
        (3, "break", Decimal("0.5"), Decimal("56.50"), 3, 5, 2),
        (4, "break", Decimal("0.5"), Decimal("56.50"), 3, 5, 2),
        (5, "agreed", 0, 0, None, None, None),
        (6, "break", Decimal("0.1"), Decimal("11.30"), 6, None, 0),
    ]


def test_of_statements_of_one_day_the_policy_says_which_is_believed(house):
    assert house.execute(
        "select day(as_of), status, believed_statement from reconciliation"
        " where statement_source = 'treasury_csv' order by as_of"
    ).fetchall() == [(2, "agreed", None), (4, "not_believed", "on-chain: vault")]
