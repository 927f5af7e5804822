"""Random projects and loans: construction in progress is what a walk from day to day with fractions says.

The walk knows neither the SQL nor its cent days: on each day of building it takes what was spent so far, and
each day is a part of a textbook's month of 30 days. What loans bore and what was owed it reads from
`loans_daily`, which has tests of its own.
"""

import random
from calendar import monthrange
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from dagster_project.settings import ROOT
from dagster_project.storage.database import connect

COMPANIES = [f"b{number}" for number in range(24)]
PROJECTS = 3
START, END = date(2024, 1, 1), date(2026, 3, 17)  # the data end in the middle of a month
OTHERS, IDLE = "others", "idle"


def any_day(dice: random.Random) -> date:
    return START + timedelta(days=dice.randint(0, (END - START).days))


def half_up(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2) if amount >= 0 else amount - Fraction(1, 2))


def part_of_month(day: date) -> int:
    """How many of the month's 30 days this one is: the last is none, the one before fills up to 30."""
    last = monthrange(day.year, day.month)[1]
    return 0 if day.day == last else 32 - last if day.day == last - 1 else 1


def months(first: date, last: date) -> list[date]:
    return [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first.replace(day=1) <= date(year, month, 1) <= last
    ]


def days_of(month: date) -> list[date]:
    return [month.replace(day=day) for day in range(1, monthrange(month.year, month.month)[1] + 1)]


class Company:
    """A company with loans, of which some are a project's own or have no known rate, and projects."""

    def __init__(self, name: str) -> None:
        dice = random.Random(name)
        self.name = name
        self.year_end = dice.choice((3, 6, 12))
        self.zone = dice.choice(("UTC", "America/New_York", "Asia/Tokyo"))
        self.events: list[dict] = []
        self.projects = {f"{name}_{number}": self._project(dice) for number in range(PROJECTS)}
        self.rates = {
            f"{name}_{number}": dice.choice(("", "0.05", "0.0725", "0.1", "0.333333"))
            for number in range(dice.randint(0, 4))
        }
        free = list(self.rates)
        dice.shuffle(free)
        self.own = {free.pop(): project for project in self.projects if free and dice.random() < 0.5}
        # Some companies owe so little that interest is the limit.
        self.scale = dice.choice((1, 10, 1000))
        for loan in self.rates:
            drawn = dice.randint(1, 9_999_999) * self.scale
            first = any_day(dice)
            self.add(first, f"loan:{loan}", "cash", drawn)
            if dice.random() < 0.6:
                later = first + timedelta(days=dice.randint(1, 400))
                self.add(min(later, END), "cash", f"loan:{loan}", dice.choice((drawn, drawn // 3 + 1)))
        self.payments: dict[str, list[tuple[date, int]]] = defaultdict(list)
        for project in self.projects:
            for _ in range(dice.randint(1, 7)):
                self._pay(dice, project)

    @staticmethod
    def _project(dice: random.Random) -> dict[str, date | int | None]:
        begin = dice.choice((None, None, any_day(dice)))
        end = dice.choice((None, any_day(dice), any_day(dice)))
        if end and dice.random() < 0.3:
            end = end.replace(day=monthrange(end.year, end.month)[1])
        return {"from": begin, "until": end, "life": dice.choice((None, 1, 7, 24, 60))}

    def _pay(self, dice: random.Random, project: str) -> None:
        day, cents = any_day(dice), dice.randint(1, 999_999_999)
        day = dice.choice((day, day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])))
        moment = datetime(day.year, day.month, day.day, dice.choice((0, 12, 23)), 30, tzinfo=UTC)
        if moment.date() > END:
            return
        payer = dice.choice(("cash", "cash", "equity"))
        self.add(moment, payer, f"capex:{project}", cents)
        local = moment.astimezone(ZoneInfo(self.zone)).date()
        self.payments[project].append((local, cents))
        if dice.random() < 0.2:
            self.add(moment + timedelta(minutes=1), f"capex:{project}", "cash", cents // 2 + 1)
            self.payments[project].append((local, -(cents // 2 + 1)))

    def add(self, moment: date, sender: str, receiver: str, cents: int) -> None:
        at = moment.isoformat() if isinstance(moment, datetime) else f"{moment}T12:00:00Z"
        amount = f"{cents // 100}.{cents % 100:02}"
        row = {"event_id": f"{self.name}-{len(self.events)}", "company_id": self.name, "occurred_at": at}
        row |= {"event_type": "transfer", "from_account": f"{self.name}:{sender}", "from_asset": "USD"}
        row |= {"from_quantity": amount, "to_account": f"{self.name}:{receiver}", "to_asset": "USD"}
        self.events.append(row | {"to_quantity": amount})

    def seeds(self) -> dict[str, list[str]]:
        """Its lines in the seeds."""
        name = self.name
        header = (ROOT / "seeds/loan_terms.csv").read_text().splitlines()[0].split(",")
        terms = {"company_id": name, "principal_asset": "USD", "collateral_asset": "BTC"}
        counts = dict(zip(self.rates, ("act/365", "act/360") * 2, strict=False))
        loans = [
            terms | {"loan_id": loan, "annual_rate": rate, "day_count": counts[loan] if rate else ""}
            for loan, rate in self.rates.items()
        ]
        return {
            "companies": [
                f"{name},{name},,{self.year_end:02}-{monthrange(2023, self.year_end)[1]},{self.zone},"
            ],
            "accounts": [f"{name}:{kind},{name},{kind},,,," for kind in ("cash", "equity", "expense")]
            + [f"{name}:loan:{loan},{name},loan,,{loan},," for loan in self.rates]
            + [f"{name}:capex:{project},{name},capex,,,{project}," for project in self.projects],
            "loan_terms": [",".join(loan.get(column, "") for column in header) for loan in loans],
            "projects": [
                f"{project},{name},{project},other,,,{window['from'] or ''},{window['until'] or ''},"
                f"{window['life'] or ''},false,,"
                for project, window in self.projects.items()
            ],
            "project_borrowings": [f"{loan},{project},false,," for loan, project in self.own.items()],
        }

    def window(self, project: str) -> tuple[date, date]:
        """The first day of building, and the first that is none."""
        known, paid = self.projects[project], self.payments[project]
        begin = known["from"] or min(day for day, _ in paid)
        return begin, min(known["until"] or END + timedelta(days=1), END + timedelta(days=1))

    def borrowed_for(self, loan: str, day: date) -> str:
        project = self.own.get(loan)
        if project is None or (self.projects[project]["until"] and day >= self.projects[project]["until"]):
            return OTHERS
        known = self.projects[project]["from"]
        begin = known or min((paid for paid, _ in self.payments[project]), default=date.max)
        return project if day >= begin else IDLE

    def walk(self, loans: dict[tuple[str, date], tuple[int, int | None]]) -> dict[tuple[str, date], tuple]:
        """Each project's months: average expenditures, own and other interest, incurred, capitalised …"""
        built = [project for project in self.projects if self.payments[project]]
        earlier, year, costs, found = Counter(), Counter(), Counter(), {}
        spent, owed, borne = Counter(), Counter(), Counter()
        for month in months(START, END + timedelta(days=1)):
            if month.month == self.year_end % 12 + 1:
                earlier.update(year)
                for sums in (year, spent, owed, borne):
                    sums.clear()
            for day in days_of(month):
                self._live(day, loans, earlier, spent, owed, borne)
            parts = {project: self._avoidable(project, spent, owed, borne) for project in built}
            before, incurred = Counter(year), sum(borne.values())
            is_limited = self._capitalise(month, parts, year, incurred)
            for project in built:
                if month >= min(day for day, _ in self.payments[project]).replace(day=1):
                    until = self.projects[project]["until"]
                    capitalised = year[project] - before[project]
                    moved = sum(c for day, c in self.payments[project] if day.replace(day=1) == month)
                    costs[project] += capitalised + moved
                    closing = 0 if until and month >= until.replace(day=1) else costs[project]
                    ends = closing, costs[project] - closing, is_limited[project]
                    found[project, month] = (*parts[project], incurred, capitalised, *ends)
        return found

    def depreciate(self, project: str, in_service: dict[date, int]) -> dict[date, int | None]:
        """What has been depreciated by the end of each month, of the cost that is in service then."""
        placed, life = self.projects[project]["until"], self.projects[project]["life"]
        if not life:
            return dict.fromkeys(in_service)
        layers, lived, before, found = [], 0, 0, {}  # a layer: cents, and the days of life before it
        for month in months(placed or END, END + timedelta(days=1)) if placed else ():
            begun = lived
            lived += sum(part_of_month(day) for day in days_of(month) if day >= placed)
            cost = in_service.get(month, 0)
            layers.append((cost - before, begun if month == placed.replace(day=1) else lived))
            before = cost
            found[month] = sum(
                half_up(cents * min(Fraction(lived - start, 30 * life - start), Fraction(1)))
                if start < 30 * life
                else cents
                for cents, start in layers
            )
        return {month: found.get(month, 0) for month in in_service}

    def _live(self, day: date, loans: dict, earlier: Counter, *sums: Counter) -> None:
        """Add one day to what was spent on projects, and owed and borne on loans, by what they are for."""
        spent, owed, borne = sums
        for project, payments in self.payments.items():
            if payments and self.window(project)[0] <= day < self.window(project)[1]:
                so_far = sum(cents for paid, cents in payments if paid <= day) + earlier[project]
                spent[project] += Fraction(so_far * part_of_month(day), 360)
        for loan in self.rates:
            principal, interest = loans.get((loan, day), (0, 0))
            if interest is not None:
                purpose = self.borrowed_for(loan, day)
                owed[purpose] += Fraction(principal * part_of_month(day), 360)
                borne[purpose] += interest

    @staticmethod
    def _avoidable(project: str, spent: Counter, owed: Counter, borne: Counter) -> tuple[int, int, int]:
        """Average expenditures, and interest on its own loans and on others, in cents."""
        average = max(spent[project], Fraction(0))
        own = other = Fraction(0)
        if owed[project]:
            own = min(average, owed[project]) * borne[project] / owed[project]
        if owed[OTHERS]:
            other = max(average - owed[project], 0) * borne[OTHERS] / owed[OTHERS]
        return half_up(average), half_up(own), half_up(other)

    def _capitalise(self, month: date, parts: dict, year: Counter, incurred: int) -> dict[str, bool]:
        """Write the year's interest of projects that are built in the month; say which ones are limited."""
        avoidable = {}
        for project, (_, own, other) in sorted(parts.items()):
            begin, until = self.window(project)
            if begin <= days_of(month)[-1] and until > month:
                avoidable[project] = own + other
        limit = max(incurred - sum(year[project] for project in parts if project not in avoidable), 0)
        total, running = sum(avoidable.values()), 0
        for project, cents in avoidable.items():
            year[project] = cents
            if total > limit:
                shares = [half_up(Fraction(limit * end, total)) for end in (running, running + cents)]
                year[project] = shares[1] - shares[0]
            running += cents
        return {project: total > limit and project in avoidable for project in parts}


@pytest.fixture(scope="module")
def house() -> list[Company]:
    return [Company(name) for name in COMPANIES]


@pytest.fixture(scope="module")
def ask(tmp_path_factory, new_house, house):
    seeds: dict[str, list[str]] = {}
    for company in house:
        for seed, rows in company.seeds().items():
            seeds[seed] = seeds.get(seed, []) + rows
    prices = [{"asset_id": "BTC", "quote_asset": "USD", "priced_at": f"{END}T00:00:00Z", "price": "80000"}]
    events = [row for company in house for row in company.events]
    settings = new_house(tmp_path_factory.mktemp("projects"), events=events, prices=prices, **seeds)
    with connect(settings.warehouse, read_only=True) as connection:
        assert connection.execute("select message from marts.rejected_rows").fetchall() == []
        yield lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def walked(ask, house) -> dict[tuple[str, date], tuple]:
    loans, last = {}, Counter()
    for loan, day, principal, interest in ask(
        "select loan_id, date, principal_usd, interest_to_date_usd from marts.loans_daily order by 1, 2"
    ):
        borne = None
        if interest is not None:
            borne, last[loan] = int(interest * 100) - last[loan], int(interest * 100)
        loans[loan, day] = max(int(principal * 100), 0), borne
    return {key: row for company in house for key, row in company.walk(loans).items()}


def test_the_house_has_seen_everything(house, walked):
    """A house that never meets a rule proves nothing about it."""
    assert len({project for project, _ in walked}) >= 60
    seen = Counter()
    for _, own, other, _, capitalised, closing, in_service, is_limited in walked.values():
        seen["own"] += own > 0
        seen["other"] += other > 0
        seen["limited"] += is_limited
        seen["shrank"] += capitalised < 0
        seen["building"] += closing > 0
        seen["in service"] += in_service > 0
    assert min(seen[word] for word in ("own", "other", "limited", "building", "in service")) > 30, seen
    assert seen["shrank"] > 0


def test_months_of_projects_are_what_a_walk_from_day_to_day_says(ask, walked):
    rows = ask(
        "select project_id, month, average_expenditures_usd, own_loans_interest_usd, "
        "other_loans_interest_usd, interest_incurred_usd, capitalised_interest_usd, closing_usd, "
        "in_service_usd, is_limited from marts.capex_monthly"
    )
    found = {
        (project, month): tuple(v if isinstance(v, bool) else int(Decimal(v) * 100) for v in figures)
        for project, month, *figures in rows
    }
    assert found.keys() == walked.keys()
    assert {key: row for key, row in found.items() if row != walked[key]} == {}


def test_depreciation_is_what_a_walk_from_day_to_day_says(ask, house, walked):
    expected = {}
    for company in house:
        for project in company.projects:
            in_service = {month: row[6] for (name, month), row in walked.items() if name == project}
            told = company.depreciate(project, in_service)
            expected |= {(project, month): cents for month, cents in told.items()}
    rows = ask("select project_id, month, accumulated_depreciation_usd * 100 from marts.capex_monthly")
    assert {row[:2]: None if row[2] is None else int(row[2]) for row in rows} == expected
    for project, month, spread, carried in ask(
        "select project_id, month, depreciation_usd, carrying_usd from marts.capex_monthly "
        "where depreciation_usd is not null"
    ):
        before = expected.get((project, (month - timedelta(days=1)).replace(day=1)), 0)
        cost = walked[project, month][6]
        assert int(spread * 100) == expected[project, month] - before
        assert int(carried * 100) == cost - expected[project, month]
    assert sum(bool(cents) for cents in expected.values()) > 100
    assert None in expected.values()
