"""Transfers: what left one account and what arrived in another, found to be one move that keeps its lots."""

from decimal import Decimal

import pytest

from dagster_project.storage.database import connect

KINDS = {
    "exchange": "exchange",
    "custody": "custody",
    "vault": "custody",
    "cash": "cash",
    "transit": "transit",
    "income": "income",
    "expense": "expense",
}
BY_ACCOUNT = "tax,*,fifo,account,2009-01-03,,"


class Company:
    """A company with coins on an exchange; times are of January 2025 (`5T10:30` is the fifth)."""

    def __init__(self, name: str, *policies: str) -> None:
        self.name, self.events, self.policies = name, [], policies or (BY_ACCOUNT,)

    def event(self, at: str, kind: str, sent: str, received: str, value: str = "", **more) -> "Company":
        day, _, time = at.rpartition("-")[2].partition("T")
        month = at.rpartition("-")[0] or "2025-01"
        row = {
            "event_id": more.pop("name", f"{self.name}-{len(self.events)}"),
            "company_id": self.name,
            "occurred_at": f"{month}-{int(day):02}T{time or '00:00'}:00Z",
            "event_type": kind,
            "value_usd": value,
        }
        for side, text in (("from", sent), ("to", received)):
            account, quantity, *asset = text.split()
            row |= {f"{side}_account": f"{self.name}:{account}", f"{side}_quantity": quantity}
            row[f"{side}_asset"] = asset[0] if asset else "BTC"
        self.events.append(row | more)
        return self

    def mined(self, at: str, quantity: str, value: str) -> "Company":
        return self.event(at, "mining_reward", f"income {quantity}", f"exchange {quantity}", value)

    def sent(self, at: str, quantity: str, account: str = "exchange", **more) -> "Company":
        return self.event(at, "withdrawal", f"{account} {quantity}", f"transit {quantity}", **more)

    def received(self, at: str, quantity: str, account: str = "custody", **more) -> "Company":
        return self.event(at, "deposit", f"transit {quantity}", f"{account} {quantity}", **more)

    def sold(self, at: str, quantity: str, value: str, account: str = "custody") -> "Company":
        return self.event(at, "sale", f"{account} {quantity}", f"cash {value} USD")


def two_lots(name: str, *policies: str) -> Company:
    """Three coins for 100 dollars each, then three for 500 each."""
    return Company(name, *policies).mined("1", "3", "300").mined("2", "3", "1500")


HOUSE = (
    # The second transfer overtakes the first.
    two_lots("overtaken").sent("5T10:00", "3").sent("5T11:00", "2")
    .received("5T12:00", "2", "vault").received("5T13:00", "3"),
    # What is on its way is in no wallet: neither sender nor receiver can sell it.
    two_lots("underway").sent("5T10:00", "3").sold("5T11:00", "1", "900", "exchange")
    .received("5T12:00", "3"),
    # The receiver's clock is behind, and what arrived is sold before it was sent.
    two_lots("early").received("5T10:00", "3").sold("5T10:02", "3", "3000").sent("5T10:05", "3"),
    two_lots("same_moment").received("5T10:00", "3", name="a").sent("5T10:00", "3", name="b"),
    # The fee of the network is paid out of what was sent: half a percent of a coin of 100 dollars.
    two_lots("shrunk", BY_ACCOUNT, "gaap,*,fifo,account,2009-01-03,,cost")
    .sent("5T10:00", "1").received("5T10:30", "0.995"),
    two_lots("shrunk_early", BY_ACCOUNT, "gaap,*,fifo,account,2009-01-03,,cost")
    .sent("5T10:30", "1").received("5T10:00", "0.995"),
    # Two equal amounts in the same hour, and a third that nobody sent.
    two_lots("twins").sent("5T10:00", "1").sent("5T10:20", "1")
    .received("5T10:30", "1").received("5T10:40", "1").received("5T10:50", "1"),
    # A whole amount goes before a shrunk one, though that is closer in time.
    two_lots("exact").sent("5T10:00", "0.99").sent("5T10:05", "1")
    .received("5T10:10", "0.99").received("5T10:20", "0.9999"),
    two_lots("one").sent("5T10:00", "2.5"),
    two_lots("another").received("5T10:30", "2.5"),
    two_lots("late").sent("5T10:00", "1").received("9T10:00", "1"),
    two_lots("lossy").sent("5T10:00", "1").received("5T11:00", "0.9"),
    two_lots("stated").sent("5T10:00", "1", group_id="g").received("5T10:01", "1")
    .received("19T10:00", "0.9", group_id="g"),
    # A fee of its own leaves no room for a second one.
    two_lots("two_fees").sent("5T10:00", "1")
    .received("5T10:30", "0.995", fee_account="two_fees:custody", fee_asset="BTC", fee_quantity="0.001"),
    # While it is on its way, the pools of the company become those of its wallets.
    Company("rescoped", "tax,*,fifo,company,2009-01-03,,", "tax,*,fifo,account,2025-01-01,,")
    .event("2024-11-1", "mining_reward", "income 1", "exchange 1", "100")
    .event("2024-12-1", "mining_reward", "income 1", "exchange 1", "500")
    .sent("2024-12-31T23:00", "1").received("1T01:00", "1"),
    two_lots("waiting").sent("31T10:00", "1").sent("20T10:00", "1"),
    Company("clock").mined("31T12:00", "1", "100"),
    Company("in_dollars").event("3", "income", "income 1000 USD", "cash 1000 USD")
    .event("5T10:00", "withdrawal", "cash 1000 USD", "transit 1000 USD")
    .event("6T09:00", "deposit", "transit 985 USD", "exchange 985 USD"),
)  # fmt: skip

# A wallet whose file tells hashes: date, type, amount, fee, hash, account.
OPERATIONS = """\
2025-01-01T10:00,IN,9,,h0,hot
2025-01-05T10:00,OUT,1.001,0.001,h1,hot
2025-01-25T10:00,IN,1,,H1,cold
2025-01-06T10:00,OUT,2,,h2,hot
2025-01-06T10:05,IN,2,,h3,cold
2025-01-07T10:00,OUT,3,,0xh4,hot
2025-01-07T11:00,IN,2.7,,h4,cold
""".splitlines()
HEADER = (
    "Operation Date,Currency Ticker,Operation Type,Operation Amount,Operation Fees,Operation Hash,"
    "Account Name,Account xpub"
)
FILES = {
    "ledger_live/operations.csv": "\n".join(
        [HEADER, *("{0}:00Z,BTC,{1},{2},{3},{4},{5},{5}".format(*row.split(",")) for row in OPERATIONS)]
    )
}
HASHED = Company("hashed").received("5T10:01", "1", "vault").received("6T10:10", "2", "vault")
SEEDS = {
    "source_accounts": [
        f"ledger_live,*,{label},hashed:{account},true"
        for label, account in {"hot": "exchange", "cold": "custody", "@transit": "transit"}.items()
    ]
}
HOUSE += (HASHED,)


@pytest.fixture(scope="module")
def ask(tmp_path_factory, new_house):
    folder = tmp_path_factory.mktemp("transfers")
    for name, text in FILES.items():
        path = folder / "inbox" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    settings = new_house(
        folder,
        events=[event for company in HOUSE for event in company.events],
        prices=[
            {"asset_id": "BTC", "quote_asset": "USD", "priced_at": "2024-01-01T00:00:00Z", "price": "1000"}
        ],
        companies=[f"{company.name},{company.name},,12-31,UTC," for company in HOUSE],
        accounts=[
            f"{company.name}:{account},{company.name},{kind},,,,"
            for company in HOUSE
            for account, kind in KINDS.items()
        ],
        lot_policies=[f"{company.name},{policy}" for company in HOUSE for policy in company.policies],
        **SEEDS,
    )
    with connect(settings.warehouse, read_only=True) as connection:
        assert connection.execute("select message from marts.rejected_rows").fetchall() == []
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def lots(ask):
    """Where the lots of a company lie: account, day of acquisition, units, cost."""
    return lambda company, book="tax": ask(
        "select split_part(split_part(pool_id, '|', 2), ':', 2), day(acquired_at), quantity_left, "
        f"cost_left_usd from marts.open_lots where company_id = '{company}' and book = '{book}' order by all"
    )


@pytest.fixture(scope="module")
def transfers(ask):
    """The transfers of a company: status, basis, and what was sent, received and lost."""
    return lambda company: ask(
        "select status, basis, sent_quantity, received_quantity, fee_quantity from marts.transfers "
        f"where company_id = '{company}' order by sent_at nulls last, received_at"
    )


def test_a_transfer_takes_its_own_lots_along_though_another_overtakes_it(lots):
    assert lots("overtaken") == [("custody", 1, 3, 300), ("exchange", 2, 1, 500), ("vault", 2, 2, 1000)]


def test_what_is_on_its_way_can_be_sold_by_nobody(ask, lots):
    assert lots("underway") == [("custody", 1, 3, 300), ("exchange", 2, 2, 1000)]
    assert ask("select cost_usd from marts.disposals where company_id = 'underway'") == [(500,)]


def test_clocks_that_disagree_lose_no_lot(ask, lots):
    assert lots("early") == [("exchange", 2, 3, 1500)]
    assert ask("select cost_usd, realized_gain_usd from marts.disposals where company_id = 'early'") == [
        (300, 2700)
    ]
    assert ask("select hours_on_the_way from marts.transfers where company_id = 'early'") == [
        (Decimal("-0.08"),)
    ]
    assert lots("same_moment") == [("custody", 1, 3, 300), ("exchange", 2, 3, 1500)]


@pytest.mark.parametrize("company", ["shrunk", "shrunk_early"])
def test_what_is_lost_on_the_way_is_a_fee(ask, lots, transfers, company):
    lost = Decimal("0.005")
    assert transfers(company) == [("paired", "amount", 1, Decimal("0.995"), lost)]
    assert ask(
        f"select fee_account, fee_quantity, fee_usd from marts.events where company_id = '{company}' "
        "and fee_quantity is not null"
    ) == [(f"{company}:transit", lost, 5)]
    assert ask(
        "select book, quantity, cost_usd, realized_gain_usd from marts.disposals "
        f"where company_id = '{company}'"
    ) == [("tax", lost, Decimal("0.50"), Decimal("4.50"))]
    # by policy its cost stays with the units that arrived
    assert lots(company)[0] == ("custody", 1, Decimal("0.995"), Decimal("99.50"))
    assert lots(company, "gaap")[0] == ("custody", 1, Decimal("0.995"), 100)


def test_equal_amounts_are_paired_one_to_one(ask, transfers):
    assert [row[0] for row in transfers("twins")] == ["paired", "paired", "unpaired"]
    pairs = ask(
        "select minute(sent_at), minute(received_at) from marts.transfers "
        "where company_id = 'twins' order by all"
    )
    assert pairs == [(0, 40), (20, 30), (None, 50)]


def test_a_whole_amount_goes_before_a_closer_one_less_a_fee(transfers):
    assert transfers("exact") == [
        ("paired", "amount", Decimal("0.99"), Decimal("0.99"), 0),
        ("paired", "amount", 1, Decimal("0.9999"), Decimal("0.0001")),
    ]


def test_nothing_is_paired_across_companies(transfers):
    assert transfers("one") == [("unpaired", None, Decimal("2.5"), None, None)]
    assert transfers("another") == [("unpaired", None, None, Decimal("2.5"), None)]


@pytest.mark.parametrize(("company", "basis"), [("late", "amount"), ("lossy", "time"), ("two_fees", "time")])
def test_what_stays_unpaired_names_its_likely_partner(ask, company, basis):
    rows = ask(
        "select status, likely_event_id, likely_basis from marts.transfers "
        f"where company_id = '{company}' order by sent_at nulls last"
    )
    sent, received = f"treasury_csv:{company}-2", f"treasury_csv:{company}-3"
    assert rows == [("unpaired", received, basis), ("unpaired", sent, basis)]


def test_what_the_company_says_goes_before_what_fits(transfers):
    assert transfers("stated") == [
        ("paired", "group", 1, Decimal("0.9"), Decimal("0.1")),
        ("unpaired", None, None, 1, None),
    ]


def test_one_hash_goes_before_what_is_closer_and_another_hash_is_another_transfer(ask):
    rows = ask(
        "select status, basis, sent_quantity, received_account, transfer_hash from marts.transfers "
        "where company_id = 'hashed' and sent_quantity is not null order by sent_at"
    )
    assert rows == [
        ("paired", "hash", 1, "hashed:custody", "h1"),
        ("paired", "amount", 2, "hashed:vault", "h2"),  # and not the wallet's own h3, five minutes closer
        ("paired", "hash", 3, "hashed:custody", "h4"),
    ]
    rows = ask(
        "select status, received_quantity, received_account, likely_event_id from marts.transfers "
        "where company_id = 'hashed' and sent_quantity is null order by received_at"
    )
    assert rows == [
        ("unpaired", 9, "hashed:exchange", None),
        ("unpaired", 1, "hashed:vault", None),
        ("unpaired", 2, "hashed:custody", None),
    ]


def test_lots_survive_a_change_of_scope_on_the_way(lots):
    assert lots("rescoped") == [("custody", 1, 1, 500), ("exchange", 1, 1, 100)]  # by the order of accounts


def test_what_waits_is_in_transit_until_it_waits_too_long(ask):
    rows = ask(
        "select status, hours_waiting from marts.transfers where company_id = 'waiting' order by sent_at"
    )
    assert rows == [("unpaired", 266), ("in_transit", 2)]
    warned = ask("select transfer_id from audit.what_is_sent_arrives where transfer_id like '%waiting%'")
    assert warned == [("treasury_csv:waiting-3",)]


def test_dollars_that_a_bank_kept_are_a_fee_too(ask, transfers):
    assert transfers("in_dollars") == [("paired", "amount", 1000, 985, 15)]
    assert ask(
        "select use_kind, amount_usd from marts.proceeds_uses where company_id = 'in_dollars' order by all"
    ) == [("fee", 15), ("unspent", 985)]
