"""Books: the same events under other rules: pledges that leave, fees that stay, wallets, years that leap."""

from decimal import Decimal

import pytest

from dagster_project.storage.database import connect

METHODS = ("fifo", "lifo", "hifo", "lofo", "average")
HELD = ("custody", "exchange", "cash")
ELSEWHERE = ("income", "equity", "loan", "collateral")


class Company:
    """A company with an account of every kind, a lender who may use its collateral, and books of its own."""

    def __init__(self, name: str, *policies: str) -> None:
        self.name, self.events = name, []
        self.seeds = {
            "companies": [f"{name},{name},,12-31,UTC,"],
            "accounts": [
                f"{name}:{kind},{name},{kind},,,," for kind in (*HELD, "income", "equity", "expense")
            ]
            + [f"{name}:{kind},{name},{kind},,{name},," for kind in ("loan", "collateral")],
            "loan_terms": [f"{name},{name},lender,USD,BTC,2024-01-01,,,,,,,,true,true,,"],
            "lot_policies": [f"{name},{policy}" for policy in policies],
        }

    def event(
        self,
        day: str,
        sent: str,
        received: str,
        value: str = "",
        kind: str = "transfer",
        fee: str = "",
        **more,
    ) -> "Company":
        """`sent`, `received` and `fee` are `account asset quantity`; `value` is in US dollars."""
        row = {
            "event_id": f"{self.name}-{len(self.events)}",
            "company_id": self.name,
            "occurred_at": day if "T" in day else f"{day}T12:00:00Z",
            "event_type": kind,
            "value_usd": value,
        }
        for side, text in (("from", sent), ("to", received), ("fee", fee)):
            account, asset, quantity = text.split() if text else ("", "", "")
            row |= {
                f"{side}_account": f"{self.name}:{account}" if account else "",
                f"{side}_asset": asset,
                f"{side}_quantity": quantity,
            }
        self.events.append(row | more)
        return self

    def mined(self, day: str, quantity: str, value: str, account: str = "custody") -> "Company":
        return self.event(day, f"income BTC {quantity}", f"{account} BTC {quantity}", value, "mining_reward")

    def sold(self, day: str, quantity: str, value: str, account: str = "custody", **more) -> "Company":
        return self.event(day, f"{account} BTC {quantity}", f"cash USD {value}", kind="sale", **more)

    def moved(self, day: str, quantity: str, sender: str, receiver: str, **more) -> "Company":
        return self.event(day, f"{sender} BTC {quantity}", f"{receiver} BTC {quantity}", **more)


def allocated(company: Company, *rows: str) -> Company:
    """State which lots (by number of their event) belong to which wallet from a day on."""
    company.seeds["basis_allocations"] = [
        f"tax,BTC,{day},{company.name}:{account},treasury_csv:{company.name}-{event},{quantity},,"
        for day, account, event, quantity in map(str.split, rows)
    ]
    return company


def spread_over_two_wallets(name: str, *policies: str) -> Company:
    """Two lots, bought for 100 and 300, one in each wallet, and a sale from each of them after new year."""
    return (
        Company(name, *policies)
        .mined("2024-03-01", "1", "100", "exchange")
        .mined("2024-05-01", "1", "300")
        .sold("2025-02-01", "1", "1000")
        .sold("2025-03-01", "1", "1000", "exchange")
    )


BY_WALLET = "tax,*,fifo,company,2009-01-03,,", "tax,*,fifo,account,2025-01-01,,"
HOUSE = (
    Company("pledger", "gaap,*,fifo,company,2009-01-03,derecognise,", "tax,*,fifo,company,2009-01-03,retain,")
    .mined("2025-01-01", "10", "100000")
    .moved("2025-02-01", "4", "custody", "collateral", value="80000", kind="pledge")
    .moved("2025-03-01", "4", "collateral", "custody", value="120000", kind="release")
    .sold("2025-04-01", "10", "250000"),
    # The case aicpa_q25: lend 100 units, get one a month for half a year, and 100 back.
    Company("aicpa_q25", "gaap,*,fifo,company,2009-01-03,derecognise,")
    .mined("2025-01-01", "100", "1000")
    .moved("2025-01-31", "100", "custody", "collateral", value="5000")
    .mined("2025-02-28", "1", "50").mined("2025-03-31", "1", "50").mined("2025-04-30", "1", "50")
    .mined("2025-05-31", "1", "50").mined("2025-06-30", "1", "50").mined("2025-07-31", "1", "50")
    .moved("2025-07-31T13:00:00Z", "100", "collateral", "custody", value="6000"),
    Company("payer", "gaap,*,fifo,account,2009-01-03,,disposal", "tax,*,fifo,account,2009-01-03,,cost")
    .mined("2025-01-01", "1", "50000")
    .mined("2025-01-02", "1", "90000")
    .moved("2025-02-01", "1.5", "custody", "exchange", fee="custody BTC 0.5")
    .sold("2025-03-01", "1.5", "300000", "exchange"),
    spread_over_two_wallets("wallets_by_rule", *BY_WALLET),
    allocated(
        spread_over_two_wallets("wallets_by_name", *BY_WALLET),
        "2025-01-01 custody 1 1",
        "2025-01-01 exchange 0 1",
    ),
    spread_over_two_wallets(
        "wallets_joined", "tax,*,fifo,account,2009-01-03,,", "tax,*,fifo,company,2025-01-01,,"
    ),
    Company("changer", "gaap,*,fifo,company,2009-01-03,,", "gaap,*,lifo,company,2025-01-01,,")
    .mined("2024-01-01", "1", "100").mined("2024-02-01", "1", "200")
    .mined("2024-03-01", "1", "300").mined("2024-04-01", "1", "400")
    .sold("2024-12-31T23:59:59Z", "1", "1000")
    .sold("2025-01-01T00:00:00Z", "1", "1000"),
    Company("comparer", *(f"{method},*,{method},account,2009-01-03,," for method in METHODS))
    .mined("2025-01-01", "2", "100", "exchange").mined("2025-01-02", "1", "900")
    .mined("2025-01-03", "3", "70", "exchange").mined("2025-01-04", "2", "555.55")
    .moved("2025-02-01", "3", "exchange", "custody", fee="exchange BTC 0.5")
    .sold("2025-03-01", "1.7", "1000").sold("2025-03-02", "2.9", "1000.01")
    .moved("2025-03-03", "1", "custody", "exchange")
    .sold("2025-03-04", "2", "333.33", "exchange"),
    # Lots share their cost though nothing was ever sold: by a move between pools, and by a change of scope.
    Company("averager", "gaap,*,average,account,2009-01-03,,")
    .mined("2025-01-01", "1", "100").mined("2025-01-02", "1", "301")
    .moved("2025-02-01", "1.5", "custody", "exchange").moved("2025-02-02", "0.7", "exchange", "custody"),
    Company("average_changer", "gaap,*,average,company,2009-01-03,,", "gaap,*,average,account,2025-01-01,,")
    .mined("2024-01-01", "1", "100").mined("2024-01-02", "1", "301", "exchange")
    .sold("2025-03-01", "0.5", "1000"),
    Company("leaper", "gaap,*,specific,company,2009-01-03,,")
    .mined("2023-02-28", "1", "1").mined("2023-03-01", "1", "1")
    .mined("2024-02-28", "1", "1").mined("2024-02-29", "2", "1").mined("2024-03-01", "2", "1"),
)  # fmt: skip
LEAPS = {  # held for more than one year: from the day after the anniversary of the day of acquisition
    "2023-02-28": [("2024-02-28", False), ("2024-02-29", True)],
    "2023-03-01": [("2024-03-01", False), ("2024-03-02", True)],
    "2024-02-28": [("2025-02-28", False), ("2025-03-01", True)],
    "2024-02-29": [("2025-02-28", False), ("2025-03-01", True)],
    "2024-03-01": [("2025-03-01", False), ("2025-03-02", True)],
}


def _sell_leaps(company: Company) -> None:
    """Half of a lot on the last day of its first year, half on the day after; each sale names its lot."""
    for number, (_, sales) in enumerate(LEAPS.items()):
        for day, _ in sales:
            pick = {"lot_picks": f"leaper-{number}:0.5", "identified_at": f"{day}T11:00:00Z"}
            company.sold(day, "0.5", "10", **pick)


@pytest.fixture(scope="module")
def ask(tmp_path_factory, new_house):
    _sell_leaps(HOUSE[-1])
    seeds: dict[str, list[str]] = {}
    for company in HOUSE:
        for seed, rows in company.seeds.items():
            seeds[seed] = seeds.get(seed, []) + rows
    settings = new_house(
        tmp_path_factory.mktemp("books"),
        events=[event for company in HOUSE for event in company.events],
        prices=[
            {"asset_id": "BTC", "quote_asset": "USD", "priced_at": f"{day}T00:00:00Z", "price": price}
            for day, price in {"2023-01-01": "20", "2025-01-01": "120000"}.items()
        ],
        **seeds,
    )
    with connect(settings.warehouse, read_only=True) as connection:
        assert connection.execute("select message from marts.rejected_rows").fetchall() == []
        yield lambda query: connection.execute(query).fetchall()


def test_a_pledge_to_a_lender_who_may_use_it_is_a_disposal_in_the_book_that_derecognises(ask):
    rows = ask(
        "select book, disposal_type, quantity, gross_proceeds_usd, cost_usd, realized_gain_usd, "
        "cash_flow_class from marts.disposals where company_id = 'pledger' order by book, disposed_at"
    )
    assert rows == [
        ("gaap", "collateral_pledge", 4, 80_000, 40_000, 40_000, "noncash"),
        # six of January's and the four that came back on 1 March, at 120,000
        ("gaap", "sale", 10, 250_000, 180_000, 70_000, "investing"),
        ("tax", "sale", 10, 250_000, 100_000, 150_000, "investing"),
    ]


def test_what_comes_back_is_a_new_lot_and_what_stayed_keeps_its_date(ask):
    rows = ask(
        "select book, acquired_at::date::varchar, quantity from marts.disposal_lots "
        "where company_id = 'pledger' and proceeds_usd > 80000 order by book, acquired_at"
    )
    assert rows == [
        ("gaap", "2025-01-01", 6),
        ("gaap", "2025-03-01", 4),
        ("tax", "2025-01-01", 10),
    ]


def test_the_roll_forward_shows_a_receivable_in_place_of_coins_that_left(ask):
    rows = ask(
        "select book, closing_quantity, pledged_quantity, receivable_quantity, receivable_usd "
        "from marts.fair_value_monthly where company_id = 'pledger' and month = '2025-02-01' order by book"
    )
    assert rows == [("gaap", 6, 0, 4, 480_000), ("tax", 10, 4, 0, 0)]


def test_aicpa_q25(ask):
    """Derecognise 100; receivable at fair value; six units of income over the term, each a lot of its own."""
    [(units, cost, lots)] = ask(
        "select sum(quantity_left), sum(cost_left_usd), count(*) from marts.open_lots "
        "where company_id = 'aicpa_q25'"
    )
    assert (units, cost, lots) == (106, 6_300, 7)
    [(gain,)] = ask("select realized_gain_usd from marts.disposals where company_id = 'aicpa_q25'")
    assert gain == 4_000
    rows = ask(
        "select closing_quantity, receivable_quantity, receivable_usd from marts.fair_value_monthly "
        "where company_id = 'aicpa_q25' and month = '2025-06-01'"
    )
    assert rows == [(5, 100, 12_000_000)]


def test_a_fee_in_coin_is_a_disposal_or_part_of_the_cost_by_policy(ask):
    """1.5 of 2 BTC move and 0.5 pay the way; bought for 50,000 and 90,000, they cost 140,000 together."""
    rows = ask(
        "select book, disposal_type, quantity, cost_usd, realized_gain_usd from marts.disposals "
        "where company_id = 'payer' order by book, disposed_at"
    )
    assert rows == [
        # by time the transfer takes 1 BTC of 50,000 and half of 90,000; the fee the other half
        ("gaap", "fee", Decimal("0.5"), 45_000, 15_000),
        ("gaap", "sale", Decimal("1.5"), 95_000, 205_000),
        # the fee takes half of the first lot and leaves its cost there
        ("tax", "sale", Decimal("1.5"), 140_000, 160_000),
    ]
    rows = ask(
        "select quantity, absorbed_quantity, absorbed_cost_usd, quantity_left from marts.lots "
        "where company_id = 'payer' and book = 'tax' order by acquired_at"
    )
    assert rows == [(1, Decimal("0.5"), 0, 0), (1, 0, 0, 0)]


def test_basis_is_allocated_to_wallets_when_pools_become_their_own(ask):
    """Rev. Proc. 2024-28: by rule the oldest lots go to the first account, or to where the company says."""
    query = (
        "select realized_gain_usd from marts.disposals where company_id = '{}' order by disposed_at"
    ).format
    assert ask(query("wallets_by_rule")) == [(900,), (700,)]  # custody before exchange, by name
    assert ask(query("wallets_by_name")) == [(700,), (900,)]
    assert ask(query("wallets_joined")) == [(900,), (700,)]


def test_an_allocation_carries_date_and_cost(ask):
    rows = ask(
        "select company_id, acquired_at::date::varchar, cost_usd from marts.disposal_lots "
        "where company_id like 'wallets_by%' order by company_id, disposed_at"
    )
    assert rows == [
        ("wallets_by_name", "2024-05-01", 300),
        ("wallets_by_name", "2024-03-01", 100),
        ("wallets_by_rule", "2024-03-01", 100),
        ("wallets_by_rule", "2024-05-01", 300),
    ]


def test_lots_share_their_cost_where_they_move_between_pools_at_the_average(ask):
    assert ask(
        "select company_id, sum(quantity_left), sum(cost_left_usd) from marts.open_lots "
        "where company_id like 'average%' group by all order by all"
    ) == [("average_changer", Decimal("1.5"), Decimal("300.75")), ("averager", 2, 401)]


def test_a_policy_changes_from_its_day_on(ask):
    rows = ask(
        "select method, cost_usd from marts.disposals where company_id = 'changer' order by disposed_at"
    )
    assert rows == [("fifo", 100), ("lifo", 400)]


@pytest.mark.parametrize("method", METHODS)
def test_the_comparison_says_what_a_book_of_that_method_says(ask, method):
    booked = ask(
        "select event_id, right(disposal_id, 4), realized_gain_usd from marts.disposals "
        f"where company_id = 'comparer' and book = '{method}' order by all"
    )
    for other in METHODS:
        assert booked == ask(
            f"select d.event_id, right(d.disposal_id, 4), c.{method}_gain_usd "
            "from marts.method_comparison as c join marts.disposals as d using (disposal_id) "
            f"where c.company_id = 'comparer' and c.book = '{other}' order by all"
        )
    assert len(booked) == 4


def test_methods_differ_where_lots_do(ask):
    gains = ask(
        "select fifo_gain_usd, lifo_gain_usd, hifo_gain_usd, lofo_gain_usd, average_gain_usd "
        "from marts.method_comparison where company_id = 'comparer' and book = 'fifo' and quantity = 2"
    )
    assert len(set(gains[0])) == len(METHODS)


def test_long_term_is_more_than_one_year_in_leap_years_too(ask):
    rows = ask(
        "select acquired_at::date::varchar, disposed_at::date::varchar, is_long_term, basis "
        "from marts.disposal_lots where company_id = 'leaper'"
    )
    assert {basis for *_, basis in rows} == {"specific"}
    found = {(acquired, disposed): is_long for acquired, disposed, is_long, _ in rows}
    assert found == {(bought, day): is_long for bought, days in LEAPS.items() for day, is_long in days}
