"""Money by hand: the words of docs/model.md, read plainly, with no knowledge of the SQL, nor of the engine.

`legs` turns events into legs of the money pool, `spend` pays from lists of inflows, and the slow reading of
the engine's tests carries stablecoins one by one.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from math import floor

from tests.lots.reference import match
from tests.tracing.companies import HELD, Company

PRICES = {"2023-12-31": "1", "2024-06-01": "0.88", "2024-12-01": "1.02"}  # of a PEG


def rounded(cents: Fraction) -> int:
    return floor(cents + Fraction(1, 2))


def price(at: datetime) -> Fraction:
    return Fraction(
        [price for day, price in PRICES.items() if datetime.fromisoformat(day).replace(tzinfo=UTC) <= at][-1]
    )


def cents(side: tuple | None, at: datetime) -> int:
    """What a side is worth: dollars are, PEGs are at their price."""
    return 0 if side is None else rounded(100 * side[2] * (1 if side[1] == "USD" else price(at)))


def value(each: dict) -> int:
    sides = {side[1]: side for side in (each["to"], each["from"])}
    if each["value"]:
        return 100 * each["value"]
    return cents(sides.get("USD") or sides["PEG"], each["at"]) if sides.keys() & {"USD", "PEG"} else 0


def is_money(side: tuple | None) -> bool:
    return bool(side) and side[0] in HELD and side[1] in ("USD", "PEG")


def pegs(company: Company) -> tuple[list[tuple], dict, dict]:
    """What moves PEGs (order, units, cents), its matches, one PEG at a time, and what is left."""
    found = []
    for each in company.events:
        legs = {"fee": each["fee"]}
        if not (is_money(each["from"]) and is_money(each["to"]) and each["from"][1] == each["to"][1]):
            legs |= {"in": each["to"], "out": each["from"]}
        for leg, side in legs.items():
            if is_money(side) and side[1] == "PEG":
                kind = "acquire" if leg == "in" else "dispose"
                worth = cents(side, each["at"]) if leg == "fee" else value(each)
                found.append(((each["at"], kind, each["id"], leg), side[2], worth))
    found.sort(key=lambda row: row[0])
    movements = [
        {
            "sequence": number,
            "kind": key[1],
            "pool_id": "PEG",
            "method": "average",
            "quantity": units,
            "cost": worth,
            "reserved": None,
        }
        for number, (key, units, worth) in enumerate(found)
    ]
    matches, left = match(movements, {})
    taken = defaultdict(list)
    for (sequence, *_), row in matches.items():
        taken[sequence].append(row)
    return found, taken, left


def carried(company: Company) -> dict[tuple[str, str], int]:
    """At how many cents the PEGs were carried that left by each leg: a moving average."""
    found, taken, _ = pegs(company)
    carrying: dict[tuple[str, str], int] = {}
    for number, ((_, kind, event_id, leg), units, worth) in enumerate(found):
        if kind == "dispose":
            short = sum(quantity for quantity, cost in taken[number] if cost is None)
            known = sum(cost for _, cost in taken[number] if cost is not None)
            carrying[event_id, leg] = known + rounded(Fraction(worth * short, units))
    return carrying


def held(company: Company) -> tuple[int, int]:
    """How many PEGs are left, and at how many cents they are carried."""
    _, _, left = pegs(company)
    return sum(units for units, _ in left.values()), sum(cost for _, cost in left.values())


def legs(company: Company) -> list[tuple]:
    """What the money pool gets and pays: (order, event, leg, is it an inflow, cents)."""
    carrying, found = carried(company), []
    for each in company.events:
        sent, received, paid = map(is_money, (each["from"], each["to"], each["fee"]))
        fee = cents(each["fee"], each["at"]) if paid else 0
        traced = value(each) * (received - sent) - fee
        grown = 0
        for leg, side, sign in (("in", each["to"], 1), ("out", each["from"], -1), ("fee", each["fee"], -1)):
            if is_money(side):
                worth = 100 * side[2] if side[1] == "USD" else carrying.get((each["id"], leg), value(each))
                grown += sign * worth
        amounts = {"peg": grown - traced}
        if received and not sent:
            amounts |= {"in": max(value(each) - fee, 0), "fee": min(value(each) - fee, 0)}
        else:
            amounts |= {"out": -value(each) if sent and not received else 0, "fee": -fee}
        for leg, amount in amounts.items():
            if amount:
                found.append(((each["at"], amount < 0, each["id"], leg), each, leg, amount))
    return sorted(found, key=lambda row: row[0])


def name_of(event_id: str, leg: str) -> str:
    return f"treasury_csv:{event_id}" + ("" if leg in ("in", "out") else f":{leg}")


def set_aside(company: Company, inflow: dict, amount: int) -> tuple[int, list[list]]:
    """Split an inflow: what is free, and per part who may take it (payments, accounts) and how much it is."""
    wanted: dict[int | str, list] = defaultdict(list)
    for number, use, account, usd in company.named:
        if company.events[number] is inflow:
            wanted[account if use is None else use].append(usd)
    stated = {who: 100 * sum(usd) for who, usd in wanted.items() if None not in usd}
    parts = []
    for who in sorted(stated, key=lambda who: (isinstance(who, str), who)):
        parts.append([{who}, min(stated[who], amount)])
        amount -= parts[-1][1]
    if rest := wanted.keys() - stated.keys():
        parts.append([rest, amount])
        amount = 0
    return amount, parts


class Purse:
    """Inflows in their order, and what they paid: {(inflow, use, basis): cents}."""

    def __init__(self) -> None:
        self.lots, self.told = [], Counter()

    def receive(self, event: dict, name: str, free: int, parts: list[list]) -> None:
        self.lots.append({"id": event["id"], "name": name, "free": free, "parts": parts})

    def take(self, lot: dict, use: str, basis: str, amount: int) -> int:
        if amount:
            self.told[lot["name"], use, basis] += amount
        return amount

    def pay(self, use: str, wanted: int, names: list[int | str], method: str) -> None:
        """Take from the parts that were set aside under these names, then from what is free by the method."""
        for name in names:
            for lot in sorted(self.lots, key=lambda lot: lot["id"]):
                for part in lot["parts"]:
                    if name in part[0]:
                        taken = self.take(lot, use, "named", min(wanted, part[1]))
                        wanted, part[1] = wanted - taken, part[1] - taken
        free = [lot["free"] for lot in self.lots]
        if method == "pro_rata" and any(free):
            ratio = min(Fraction(wanted, sum(free)), Fraction(1))
            marks = [rounded(ratio * sum(free[:number])) for number in range(len(free) + 1)]
            shares = [end - begin for begin, end in pairwise(marks)]
        else:
            shares = [wanted] * len(free)
        pairs = list(zip(self.lots, shares, strict=True))
        for lot, most in pairs[::-1] if method == "newest" else pairs:
            taken = self.take(lot, use, method, min(wanted, most, lot["free"]))
            wanted, lot["free"] = wanted - taken, lot["free"] - taken
        if wanted:
            self.told["unattributed", use, "shortfall"] += wanted


def spend(company: Company) -> dict[tuple[str, str, str], int]:
    """Pay every use, and say from what: {(inflow, use, basis): cents}; what is left is unspent."""
    purse = Purse()
    for _, each, leg, amount in legs(company):
        name = name_of(each["id"], leg)
        if amount > 0:
            free, parts = set_aside(company, each, amount) if leg == "in" else (amount, [])
            purse.receive(each, name, free, parts)
        else:
            names = [company.events.index(each), each["to"][0]] if leg == "out" else []
            purse.pay(name, -amount, names, company.method(each["at"]))
    for lot in purse.lots:
        purse.take(lot, "unspent", "unspent", lot["free"] + sum(part[1] for part in lot["parts"]))
    for each in company.events:
        if each["to"][0] not in HELD and not is_money(each["from"]) and value(each):
            name = name_of(each["id"], "out")
            is_known = each["from"][0] != "suspense"
            origin = name if is_known else "unattributed"
            purse.told[origin, name, "direct" if is_known else "shortfall"] += value(each)
    return dict(purse.told)
