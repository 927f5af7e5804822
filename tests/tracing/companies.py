"""Companies to trace the money of: told ones, and random ones that do everything."""

import random
from datetime import UTC, datetime, timedelta

EVENTS = 40
START, CHANGE = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
HELD = ("cash", "exchange", "custody")
ACCOUNTS = (*HELD, "income", "equity", "expense", "capex", "loan", "suspense")


class Company:
    """A company with dollars, whole PEGs and whole GEMs; sides of events are (account, asset, quantity)."""

    def __init__(self, name: str, *policies: str, year_end: str = "12-31") -> None:
        self.name, self.policies, self.year_end = name, policies, year_end
        self.events: list[dict] = []
        self.named: list[tuple] = []  # inflow, use or None, account or "", dollars or None

    def event(self, at: str | datetime, sent: str, received: str, **more: object) -> "Company":
        """`sent`, `received` and `fee` are `account asset quantity`; `value` is in US dollars."""
        sides = {
            "from": sent,
            "to": received,
            "fee": more.pop("fee", None),
        }
        parts = {side: (text.split() if text else None) for side, text in sides.items()}
        moment = at if isinstance(at, datetime) else datetime.fromisoformat(f"{at}T12:00").replace(tzinfo=UTC)
        self.events.append(
            {"id": f"{self.name}-{len(self.events):02}", "at": moment, "value": None, "type": "transfer"}
            | {side: part and (part[0], part[1], int(part[2])) for side, part in parts.items()}
            | more
        )
        return self

    def named_use(
        self, inflow: int, use: int | None = None, account: str = "", usd: int | None = None
    ) -> "Company":
        self.named.append((inflow, use, account, usd))
        return self

    def rows(self) -> list[dict]:
        """Write the events in the universal format."""
        rows = []
        for each in self.events:
            row = {
                "event_id": each["id"],
                "company_id": self.name,
                "occurred_at": each["at"].isoformat(),
                "event_type": each["type"],
                "value_usd": each["value"] or "",
            }
            for side in filter(each.get, ("from", "to", "fee")):
                account, row[f"{side}_asset"], row[f"{side}_quantity"] = each[side]
                row[f"{side}_account"] = f"{self.name}:{account}"
            rows.append(row)
        return rows

    def seeds(self) -> dict[str, list[str]]:
        def event_id(number: int | None) -> str:
            return "" if number is None else f"treasury_csv:{self.name}-{number:02}"

        return {
            "companies": [f"{self.name},{self.name},,{self.year_end},UTC,"],
            "accounts": [f"{self.name}:{kind},{self.name},{kind},,,," for kind in ACCOUNTS],
            "lot_policies": [f"{self.name},gaap,*,fifo,company,2009-01-03,,"],
            "money_policies": [f"{self.name},{policy}" for policy in self.policies],
            "designated_uses": [
                f"{self.name},{event_id(inflow)},{event_id(use)},{account and f'{self.name}:{account}'},"
                f"{'' if usd is None else usd},,true,,"
                for inflow, use, account, usd in self.named
            ],
        }

    def method(self, at: datetime) -> str:
        """What the policy of the day is called in the marts."""
        in_force = "newest"
        for policy in sorted(self.policies, key=lambda policy: policy.split(",")[1]):
            method, since = policy.split(",")
            if at >= datetime.fromisoformat(since).replace(tzinfo=UTC):
                in_force = method
        return "oldest" if in_force == "fifo" else in_force


def random_company(name: str) -> Company:
    """Money comes, is converted at good and bad rates, and is spent, far more at times than there is."""
    dice = random.Random(name)
    methods = ("newest", "fifo", "pro_rata")
    policies = [f"{dice.choice(methods)},{since:%Y-%m-%d}" for since in (START, CHANGE)[: dice.randint(0, 2)]]
    company = Company(name, *policies, year_end=dice.choice(("12-31", "06-30", "01-31")))
    at = START
    for _ in range(EVENTS):
        at += timedelta(hours=dice.choice((0, 12, 400, 600)))
        dollars, pegs, gems = dice.randint(1, 90), dice.randint(1, 90), dice.randint(1, 9)
        money = dice.choice((f"cash USD {dollars}", f"exchange PEG {pegs}"))
        fee = dice.choice((None, None, "cash USD 3", "exchange PEG 2"))
        stated = dice.choice((None, None, dice.randint(1, 90)))
        loan, expense, capex = (
            money.replace("cash", away).replace("exchange", away) for away in ("loan", "expense", "capex")
        )
        mined = {"value": dollars, "type": "income"}
        happens = {
            "mined": (1, f"income GEM {gems}", f"custody GEM {gems}", mined),
            "raised": (2, f"equity USD {dollars}", f"cash USD {dollars}", {}),
            "drawn": (1, loan, money, {"value": stated}),
            "sold": (3, f"custody GEM {gems}", money, {"fee": fee}),
            "in": (1, f"cash USD {dollars}", f"exchange PEG {pegs}", {"value": stated, "fee": fee}),
            "out": (1, f"exchange PEG {pegs}", f"cash USD {dollars}", {"fee": fee}),
            "moved": (1, f"exchange PEG {pegs}", f"custody PEG {pegs}", {"fee": "exchange PEG 1"}),
            "bought": (1, money, f"custody GEM {gems}", {"fee": fee}),
            "paid": (3, money, expense, {"value": stated}),
            "repaid": (1, money, loan, {}),
            "built": (1, money, capex, {"fee": fee}),
            "shares": (1, f"equity USD {dollars}", f"capex USD {dollars}", {}),
            "coins": (1, f"custody GEM {gems}", f"loan USD {dollars}", {}),
            "unknown": (1, f"suspense USD {dollars}", f"loan USD {dollars}", {}),
        }
        [kind] = dice.choices(list(happens), [weight for weight, *_ in happens.values()])
        _, sent, received, more = happens[kind]
        company.event(at, sent, received, **more)
    for inflow in dice.choices(range(EVENTS), k=14):
        usd = dice.choice((None, dice.randint(1, 60), dice.randint(1, 60)))
        if dice.random() < 0.5:
            company.named_use(inflow, None, dice.choice(("loan", "capex", "expense")), usd)
        else:
            company.named_use(inflow, dice.randint(inflow, EVENTS - 1), "", usd)
    return company


STORIES = (
    # 16 dollars less than the dollars that were paid, and both payments bear their half.
    Company("depegged")
    .event("2025-01-01", "equity USD 400", "cash USD 400")
    .event("2025-01-02", "cash USD 400", "exchange PEG 384", value=400)
    .event("2025-01-03", "exchange PEG 192", "expense PEG 192", value=192)
    .event("2025-01-04", "exchange PEG 192", "loan PEG 192", value=192),
    # Bought at 88 cents in a panic, sold at a dollar.
    Company("repegged")
    .event("2025-01-01", "equity USD 88", "cash USD 88")
    .event("2025-01-02", "cash USD 88", "exchange PEG 100")
    .event("2025-01-03", "exchange PEG 100", "cash USD 100"),
    Company("first_in", "fifo,2025-01-01")
    .event("2025-01-01", "loan USD 100", "cash USD 100")
    .event("2025-01-02", "equity USD 100", "cash USD 100")
    .event("2025-01-03", "cash USD 150", "expense USD 150"),
    Company("in_proportion", "pro_rata,2025-01-01")
    .event("2025-01-01", "loan USD 300", "cash USD 300")
    .event("2025-01-02", "equity USD 100", "cash USD 100")
    .event("2025-01-03", "cash USD 200", "expense USD 200"),
    # Half of the equity is for expenses, all of them together.
    Company("earmarked")
    .event("2025-01-01", "equity USD 100", "cash USD 100")
    .event("2025-01-02", "cash USD 30", "expense USD 30")
    .event("2025-01-03", "cash USD 40", "expense USD 40")
    .event("2025-01-04", "cash USD 20", "expense USD 20")
    .named_use(0, account="expense", usd=50),
    # Two gems mined, a third one bought; sold for PEGs, which are converted and repay a loan in dollars.
    Company("followed")
    .event("2025-01-01", "income GEM 2", "custody GEM 2", value=10, type="mining_reward")
    .event("2025-01-02", "equity USD 50", "cash USD 50")
    .event("2025-01-03", "cash USD 50", "custody GEM 1")
    .event("2025-02-01", "custody GEM 3", "exchange PEG 300", value=300)
    .event("2025-02-02", "exchange PEG 300", "cash USD 300")
    .event("2025-02-03", "cash USD 250", "loan USD 250"),
)
