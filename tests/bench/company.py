"""A company that mines, sells, borrows and builds, never beyond its means, in whole satoshi and cents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

START = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = (datetime(2026, 1, 1, tzinfo=UTC) - START).days
COIN = 10**8
Side = tuple[str, str, int]  # account, asset, satoshi or cents
SOURCE_URL = "tests/bench/treasury.py"


class Event(NamedTuple):
    """A row of events*.csv."""

    event_id: str
    company_id: str
    occurred_at: str
    event_type: str
    from_account: str
    from_asset: str
    from_quantity: str
    to_account: str
    to_asset: str
    to_quantity: str
    fee_account: str = ""
    fee_asset: str = ""
    fee_quantity: str = ""
    value_usd: str = ""
    lot_picks: str = ""
    identified_at: str = ""
    group_id: str = ""
    is_illustrative: str = "true"
    source_url: str = SOURCE_URL
    note: str = ""


class Balance(NamedTuple):
    """A row of balances*.csv."""

    account_id: str
    asset_id: str
    as_of: str
    quantity: str
    statement: str = "month end"
    source_url: str = SOURCE_URL


class DesignatedUse(NamedTuple):
    """A row of seeds/designated_uses.csv: money of which the company said what it is for."""

    company_id: str
    inflow_event_id: str
    use_event_id: str
    use_account_id: str
    amount_usd: str
    stated_at: str
    is_illustrative: str = "true"
    source_url: str = SOURCE_URL


class Holding(NamedTuple):
    """A row of seeds/reported_holdings.csv: what a company says that all its accounts hold together."""

    company_id: str
    asset_id: str
    as_of: str
    quantity: str
    tolerance_quantity: str = "0"
    is_believed: str = "true"
    statement: str = "month end"
    source_url: str = SOURCE_URL


def iso(moment: datetime) -> str:
    """A UTC moment as the files write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def decimal(units: int, asset: str) -> str:
    """Satoshi as BTC, cents as USD."""
    return f"{units // COIN}.{units % COIN:08d}" if asset == "BTC" else f"{units // 100}.{units % 100:02d}"


@dataclass
class Company:
    """One company's accounts, and what can happen to them.

    Each method of a deck yields the events of one transaction, or none where the company has not the means.
    """

    name: str
    size: int  # how many events its six years have
    prices: list[int]  # of one BTC in cents, by day
    largest_reward: int  # in satoshi
    names_lots: bool
    random: Random
    deck: str = "treasury"  # what happens how often, a key of DECKS
    custody: int = 0
    exchange: int = 0
    collateral: int = 0
    cash: int = 0
    debt: int = 0
    happened: int = 0
    now: datetime = START  # one moment for all events of a transaction
    newest: tuple[str, int] | None = None  # the latest lot, while nobody has named it, and its satoshi
    balances: list[Balance] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    designated_uses: list[DesignatedUse] = field(default_factory=list)

    def history(self) -> Iterator[Event]:
        """Events without end in the order of time; statements at the end of each month."""
        deck, month = DECKS[self.deck], START
        while True:
            self.now = START + timedelta(seconds=DAYS * 86_400 * self.happened // self.size)
            while self.now >= (following := (month + timedelta(days=31)).replace(day=1)):
                self._close(following - timedelta(seconds=1))
                month = following
            yield from self.random.choice(deck)(self)

    def mine(self) -> Iterator[Event]:
        """Coins for work; their value is left to the day's price."""
        satoshi = self._up_to(self.largest_reward)
        self.custody += satoshi
        event = self._event("mining_reward", ("income", "BTC", satoshi), ("custody", "BTC", satoshi))
        self.newest = event.event_id, satoshi
        yield event

    def transfer(self) -> Iterator[Event]:
        """Move coins to where they are sold."""
        if satoshi := self._up_to(self.custody // 50):
            self.custody -= satoshi
            self.exchange += satoshi
            yield self._event("transfer", ("custody", "BTC", satoshi), ("exchange", "BTC", satoshi))

    def sell(self) -> Iterator[Event]:
        """Sell coins for dollars less a fee; a company that names lots sells the newest first."""
        satoshi = self._up_to(self.exchange // 4)
        cents = self._worth(satoshi)
        fee = cents // 1_000
        if not fee:
            return
        self.exchange -= satoshi
        self.cash += cents - fee
        event = self._event("sale", ("exchange", "BTC", satoshi), ("cash", "USD", cents), fee)
        event = event._replace(value_usd=event.to_quantity)
        if self.names_lots and self.newest:
            (lot, mined), self.newest = self.newest, None
            picks = f"{lot}:{decimal(min(mined, satoshi), 'BTC')}"
            event = event._replace(lot_picks=picks, identified_at=event.occurred_at)
        yield event

    def buy(self) -> Iterator[Event]:
        """Buy coins for dollars, and a fee beside them."""
        satoshi = self._up_to(self.cash // 100) * COIN // self._worth(COIN)
        cents = self._worth(satoshi)
        fee = cents // 1_000
        if not fee:
            return
        self.cash -= cents + fee
        self.exchange += satoshi
        event = self._event("purchase", ("cash", "USD", cents), ("exchange", "BTC", satoshi), fee)
        self.newest = event.event_id, satoshi
        yield event

    def spend(self) -> Iterator[Event]:
        """Pay a bill."""
        yield from self._pay("expense", "expense", self._up_to(self.cash // 50))

    def build(self) -> Iterator[Event]:
        """Pay for the site."""
        yield from self._pay("capital_expenditure", "capex", self._up_to(self.cash // 10))

    def pledge(self) -> Iterator[Event]:
        """Put up collateral."""
        if satoshi := self._up_to(self.custody // 20):
            self.custody -= satoshi
            self.collateral += satoshi
            yield self._event("pledge", ("custody", "BTC", satoshi), ("collateral", "BTC", satoshi))

    def release(self) -> Iterator[Event]:
        """Take collateral back."""
        if satoshi := self._up_to(self.collateral // 10):
            self.collateral -= satoshi
            self.custody += satoshi
            yield self._event("release", ("collateral", "BTC", satoshi), ("custody", "BTC", satoshi))

    def borrow(self) -> Iterator[Event]:
        """Up to half of what the collateral is worth; one time in ten for the site, and saying so."""
        cents = self._up_to(self._worth(self.collateral) // 2 - self.debt)
        if not cents:
            return
        self.debt += cents
        self.cash += cents
        drawn = self._event("drawdown", ("loan", "USD", cents), ("cash", "USD", cents))
        yield drawn
        if self._up_to(10) == 1:
            for paid in self._pay("capital_expenditure", "capex", cents):
                ids = (f"treasury_csv:{event.event_id}" for event in (drawn, paid))
                use = DesignatedUse(self.name, *ids, paid.to_account, paid.to_quantity, paid.occurred_at)
                self.designated_uses.append(use)
                yield paid

    def repay(self) -> Iterator[Event]:
        """Pay back part of the debt."""
        cents = self._up_to(min(self.debt, self.cash) // 2)
        self.debt -= cents
        yield from self._pay("loan_repayment", "loan", cents)

    def pay_interest(self) -> Iterator[Event]:
        """Pay a tenth of a percent of the debt as interest."""
        yield from self._pay("interest_payment", "loan", min(self.debt // 1_000, self.cash))

    def _pay(self, event_type: str, account: str, cents: int) -> Iterator[Event]:
        if cents:
            self.cash -= cents
            yield self._event(event_type, ("cash", "USD", cents), (account, "USD", cents))

    def _event(self, event_type: str, out: Side, into: Side, fee: int = 0) -> Event:
        paid = self._side("cash", "USD", fee) if fee else ()
        event = Event(
            f"{self.name}-{self.happened:08d}",
            self.name,
            iso(self.now),
            event_type,
            *self._side(*out),
            *self._side(*into),
            *paid,
        )
        self.happened += 1
        return event

    def _side(self, account: str, asset: str, units: int) -> tuple[str, str, str]:
        return f"{self.name}:{account}", asset, decimal(units, asset)

    def _close(self, as_of: datetime) -> None:
        """What each account's keeper, and the company of all its coins, say at the end of a month."""
        for account, asset in ACCOUNTS_WITH_STATEMENTS.items():
            quantity = decimal(getattr(self, account), asset)
            self.balances.append(Balance(f"{self.name}:{account}", asset, iso(as_of), quantity))
        coins = decimal(self.custody + self.exchange + self.collateral, "BTC")
        self.holdings.append(Holding(self.name, "BTC", iso(as_of), coins))

    def _worth(self, satoshi: int) -> int:
        return satoshi * self.prices[(self.now - START).days] // COIN

    def _up_to(self, limit: int) -> int:
        return self.random.randint(1, limit) if limit > 0 else 0


ACCOUNTS_WITH_STATEMENTS = {"custody": "BTC", "exchange": "BTC", "collateral": "BTC", "cash": "USD"}
WEIGHTS = {
    "treasury": {
        Company.mine: 100,
        Company.sell: 39,
        Company.spend: 24,
        Company.transfer: 20,
        Company.pledge: 4,
        Company.release: 4,
        Company.borrow: 2,
        Company.repay: 2,
        Company.buy: 2,
        Company.build: 2,
        Company.pay_interest: 1,
    },
    "money": {  # nearly every event moves money
        Company.sell: 50,
        Company.spend: 36,
        Company.mine: 4,
        Company.transfer: 4,
        Company.build: 3,
        Company.borrow: 2,
        Company.repay: 2,
        Company.pay_interest: 1,
        Company.pledge: 1,
    },
}
DECKS = {
    name: [method for method, weight in weights.items() for _ in range(weight)]
    for name, weights in WEIGHTS.items()
}
