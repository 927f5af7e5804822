"""Random companies under random policies: the marts say what a reading of the same events by hand says.

`movements` turns events into movements on its own, by the words of docs/model.md, and `reference.match` moves
one unit at a time. Neither knows the SQL, nor the engine. A unit is a whole gem, and each is worth 7 dollars.
"""

import importlib.util
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from dagster_project.storage.database import connect

COMPANIES = [f"c{number}" for number in range(60)]
EVENTS = 40
PRICE = 7
START, CHANGE = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
WALLETS = ("custody", "exchange", "collateral")
RANKS = {"acquire": 1, "absorb": 2, "transfer": 3, "dispose": 4}


def policies(dice: random.Random) -> list[dict]:
    """A book's policy, or two: the second from 2025 on. What it does with collateral never changes."""
    collateral = dice.choice(("retain", "derecognise"))
    return [
        {
            "method": dice.choice(("fifo", "lifo", "hifo", "lofo", "average", "specific")),
            "scope": dice.choice(("company", "account")),
            "since": since,
            "collateral": collateral,
            "fee": dice.choice(("disposal", "cost")),
        }
        for since in (START, CHANGE)[: dice.choice((1, 2))]
    ]


def event(dice: random.Random, number: int) -> dict:
    """Gems are mined, bought, moved, sold or given away, far more at times than there are; sides are legs."""
    wallet, other = dice.sample(WALLETS, 2)
    quantity, dollars = dice.randint(1, 9), dice.randint(1, 90)
    kind = dice.choice(("mined", "mined", "bought", "moved", "moved", "moved", "sold", "sold", "given"))
    gems, money = (wallet, "GEM", quantity), ("cash", "USD", dollars)
    sides = {
        "mined": {"from": ("income", "GEM", quantity), "to": gems, "value": dice.choice((dollars, None))},
        "bought": {"from": money, "to": gems, "fee": dice.choice((None, ("cash", "USD", 3)))},
        "moved": {"from": gems, "to": (other, "GEM", quantity)},
        "sold": {"from": gems, "to": money},
        "given": {"from": gems, "to": ("expense", "GEM", quantity), "value": dollars},
    }[kind]
    if kind == "moved" and dice.random() < 0.5:
        sides["fee"] = wallet, "GEM", dice.randint(1, 2)
    picks = [
        (lot, dice.randint(1, 5)) for lot in dice.sample(range(number), min(number, dice.choice((0, 1, 2))))
    ]
    return {
        "number": number,
        "at": START + timedelta(days=720 * number // EVENTS, hours=12),
        "value": None,
        "fee": None,
        "picks": picks if kind in ("moved", "sold", "given") else [],
        "is_named_in_time": dice.random() < 0.8,
    } | sides


class Company:
    """A company with two books, and a lender who may use its collateral, or may not."""

    def __init__(self, name: str) -> None:
        dice = random.Random(name)
        self.name, self.may_rehypothecate = name, dice.random() < 0.7
        self.books = {book: policies(dice) for book in ("gaap", "tax")}
        self.events = [event(dice, number) for number in range(EVENTS)]

    def rows(self) -> list[dict]:
        """Write the events in the universal format."""
        rows = []
        for each in self.events:
            named_at = each["at"] + timedelta(hours=-1 if each["is_named_in_time"] else 1)
            row = {
                "event_id": self.event_id(each["number"]),
                "company_id": self.name,
                "occurred_at": each["at"].isoformat(),
                "event_type": "transfer",
                "value_usd": each["value"] or "",
                "lot_picks": ";".join(f"{self.event_id(lot)}:{quantity}" for lot, quantity in each["picks"]),
                "identified_at": named_at.isoformat() if each["picks"] else "",
            }
            for side in filter(each.get, ("from", "to", "fee")):
                account, row[f"{side}_asset"], row[f"{side}_quantity"] = each[side]
                row[f"{side}_account"] = f"{self.name}:{account}"
            rows.append(row)
        return rows

    def event_id(self, number: int) -> str:
        return f"{self.name}-{number:02}"

    def seeds(self) -> dict[str, list[str]]:
        """Its lines in the seeds."""
        name, may = self.name, str(self.may_rehypothecate).lower()
        accounts = [
            f"{name}:{kind},{name},{kind},,," for kind in ("custody", "exchange", "cash", "income", "expense")
        ]
        return {
            "companies": [f"{name},{name},,12-31,UTC,"],
            "accounts": [f"{line}," for line in accounts]
            + [f"{name}:collateral,{name},collateral,,{name},,"],
            "loan_terms": [f"{name},{name},lender,USD,GEM,2024-01-01,,,,,,,,{may},true,,"],
            "lot_policies": [
                f"{name},{book},*,{each['method']},{each['scope']},{each['since']:%Y-%m-%d},"
                f"{each['collateral']},{each['fee']}"
                for book, rows in self.books.items()
                for each in rows
            ],
        }

    def movements(self, book: str) -> tuple[list[dict], dict[int, list[tuple]]]:
        """Read the events as the book reads them: movements in the declared order, and the lots they name."""
        before, now = self.books[book][0], self.books[book][-1]
        is_away = now["collateral"] == "derecognise" and self.may_rehypothecate
        held = {"custody", "exchange"} | (set() if is_away else {"collateral"})
        found, balances = [], Counter()

        def add(each: dict, leg: str, kind: str, side: tuple, policy: dict, **more: object) -> None:
            account, _, quantity = side
            key = each["at"], 1, RANKS[kind], self.event_id(each["number"]), leg
            movement = {"kind": kind, "quantity": quantity, "pool_id": self.pool(book, policy, account)}
            found.append((key, movement | {"method": policy["method"], "event": each, "leg": leg} | more))
            if each["at"] < CHANGE:
                balances[account] += quantity if kind == "acquire" else -quantity
                if kind == "transfer":
                    balances[more["to"]] += quantity

        for each in self.events:
            policy = now if each["at"] >= CHANGE else before
            sends, arrives, pays = (
                bool(side) and side[1] == "GEM" and side[0] in held
                for side in (each["from"], each["to"], each["fee"])
            )
            gave_gems = each["from"][1] == "GEM" and each["from"][0] in WALLETS
            dollars = [side[2] for side in (each["from"], each["to"]) if side[1] == "USD"]
            value = each["value"] or (dollars or [PRICE * each["from"][2]])[0]
            if sends and arrives:
                to_pool_id = self.pool(book, policy, each["to"][0])
                add(each, "out", "transfer", each["from"], policy, to=each["to"][0], to_pool_id=to_pool_id)
            elif sends:
                add(each, "out", "dispose", each["from"], policy)
            elif arrives:
                fee = each["fee"][2] if each["fee"] and not gave_gems else 0
                add(each, "in", "acquire", each["to"], policy, cost=100 * (value + fee))
            if pays:
                stays = sends and arrives and policy["fee"] == "cost"
                add(each, "fee", "absorb" if stays else "dispose", each["fee"], policy)
        for account in held if before["scope"] != now["scope"] else ():
            if balances[account] > 0:
                pools = {
                    "pool_id": self.pool(book, before, account),
                    "to_pool_id": self.pool(book, now, account),
                }
                movement = {"kind": "transfer", "quantity": balances[account], "method": now["method"]}
                found.append(
                    ((CHANGE, 0, 0, account, ""), movement | pools | {"event": None, "leg": "scope"})
                )
        return self.numbered([movement for _, movement in sorted(found, key=lambda pair: pair[0])])

    @staticmethod
    def numbered(found: list[dict]) -> tuple[list[dict], dict[int, list[tuple]]]:
        """Leave out moves inside a pool, number the rest, and point names at the lots that they mean."""
        blank = {"reserved": None, "to_pool_id": None, "cost": None}
        moved = [blank | each for each in found if each["pool_id"] != each.get("to_pool_id")]
        movements = [each | {"sequence": sequence} for sequence, each in enumerate(moved)]
        opened = {
            each["event"]["number"]: each["sequence"] for each in movements if each["kind"] == "acquire"
        }
        picks = {
            each["sequence"]: [(opened[lot], limit) for lot, limit in each["event"]["picks"] if lot in opened]
            for each in movements
            if each["leg"] == "out" and each["event"]["is_named_in_time"]
        }
        return movements, picks

    def pool(self, book: str, policy: dict, account: str) -> str:
        owner = f"{self.name}:{account}" if policy["scope"] == "account" else self.name
        return f"{book}|{owner}|GEM"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The slow reading of movements, a module beside the engine's own tests."""
    spec = importlib.util.spec_from_file_location(
        "reference", Path(__file__).parent / "lots" / "reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def house() -> list[Company]:
    return [Company(name) for name in COMPANIES]


@pytest.fixture(scope="module")
def ask(tmp_path_factory, new_house, house):
    seeds: dict[str, list[str]] = {"assets": ["GEM,Gem,0,other,,"]}
    for company in house:
        for seed, rows in company.seeds().items():
            seeds[seed] = seeds.get(seed, []) + rows
    price = {"asset_id": "GEM", "quote_asset": "USD", "priced_at": "2023-12-31T00:00:00Z", "price": PRICE}
    events = [row for company in house for row in company.rows()]
    settings = new_house(tmp_path_factory.mktemp("random"), events=events, prices=[price], **seeds)
    with connect(settings.warehouse, read_only=True) as connection:
        assert connection.execute("select message from marts.rejected_rows").fetchall() == []
        yield lambda query: connection.execute(query).fetchall()


def test_the_house_has_seen_everything(house):
    """A ledger that never meets a rule proves nothing about it."""
    seen = Counter()
    for company in house:
        for book in company.books:
            seen.update(each["kind"] for each in company.movements(book)[0])
            seen.update(each["leg"] for each in company.movements(book)[0])
    assert (
        min(seen[word] for word in ("acquire", "dispose", "transfer", "absorb", "out", "fee", "scope")) > 30
    )


@pytest.mark.parametrize("book", ["gaap", "tax"])
def test_disposals_are_what_a_reading_by_hand_says(ask, house, reference, book):
    expected = {}
    for company in house:
        movements, picks = company.movements(book)
        costs: dict[int, list] = {}
        for (sequence, *_), (_, cost) in reference.match(movements, picks)[0].items():
            costs.setdefault(sequence, []).append(cost)
        for each in movements:
            if each["kind"] == "dispose":
                cost = costs[each["sequence"]]
                name = f"{book}:treasury_csv:{company.event_id(each['event']['number'])}:{each['leg']}"
                expected[name] = each["quantity"], None if None in cost else sum(cost)
    rows = ask(f"select disposal_id, quantity, cost_usd * 100 from marts.disposals where book = '{book}'")
    assert {name: (quantity, cost) for name, quantity, cost in rows} == expected


@pytest.mark.parametrize("book", ["gaap", "tax"])
def test_what_is_left_lies_where_a_reading_by_hand_says(ask, house, reference, book):
    expected = {}
    for company in house:
        movements, picks = company.movements(book)
        for (pool, lot), left in reference.match(movements, picks)[1].items():
            opened = movements[lot]["event"]
            name = "" if opened is None else company.event_id(opened["number"])
            expected[pool, name] = tuple(left)
    rows = ask(
        "select pool_id, if(lot_id like '%:allocation%', '', split_part(lot_id, ':', 3)), quantity_left, "
        f"cost_left_usd * 100 from marts.open_lots where book = '{book}'"
    )
    assert {(pool, lot): (quantity, cost) for pool, lot, quantity, cost in rows} == expected
