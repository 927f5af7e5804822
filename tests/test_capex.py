"""Capital expenditure: what a project cost, with the interest of ASC 835-20, until it is in service.

Days are counted as in the textbooks: months of 30 days, of which the last day of a month has none left.
"""

import csv
from decimal import Decimal as D

import pytest

from dagster_project.settings import ROOT
from dagster_project.storage.database import connect

CASES = {row["case"]: row for row in csv.DictReader((ROOT / "tests/reference/worked_cases.csv").open())}


def loan_terms(**terms: str) -> str:
    """A line of that seed; what is not named is empty."""
    header = (ROOT / "seeds/loan_terms.csv").read_text().splitlines()[0].split(",")
    terms = {"principal_asset": "USD", "collateral_asset": "BTC", "is_illustrative": "false"} | terms
    return ",".join(terms.get(column, "") for column in header)


class Company:
    """A company with an account of every kind, and loans and projects of its own."""

    def __init__(self, name: str, year_end: str = "12-31", zone: str = "UTC") -> None:
        self.name, self.events = name, []
        kinds = ("custody", "cash", "equity", "income", "expense")
        self.seeds = {
            "companies": [f"{name},{name},,{year_end},{zone},"],
            "accounts": [f"{name}:{kind},{name},{kind},,,," for kind in kinds],
            "lot_policies": [f"{name},gaap,*,fifo,company,2009-01-03,,"],
            "loan_terms": [],
            "projects": [],
            "project_borrowings": [],
            "project_budgets": [],
            "purchase_orders": [],
            "encumbered_accounts": [],
        }

    def event(self, day: str, sent: str, received: str, value: str = "", **more: str) -> "Company":
        """`sent` and `received` are `account asset quantity`; `value` is in US dollars."""
        row = {
            "event_id": f"{self.name}-{len(self.events)}",
            "company_id": self.name,
            "occurred_at": day if "T" in day else f"{day}T12:00:00Z",
            "event_type": "transfer",
            "value_usd": value,
        }
        for side, text in (("from", sent), ("to", received)):
            account, row[f"{side}_asset"], row[f"{side}_quantity"] = text.split()
            row[f"{side}_account"] = f"{self.name}:{account}"
        self.events.append(row | more)
        return self

    def loan(self, name: str, drawn_on: str, amount: str, rate: str, project: str = "") -> "Company":
        """Draw a loan at a rate (act/365); `project` says that it was borrowed for that project."""
        loan = f"{self.name}_{name}"
        day_count = "act/365" if rate else ""
        self.seeds["loan_terms"].append(
            loan_terms(loan_id=loan, company_id=self.name, annual_rate=rate, day_count=day_count)
        )
        self.seeds["accounts"].append(f"{self.name}:loan:{name},{self.name},loan,,{loan},,")
        if project:
            self.seeds["project_borrowings"].append(f"{loan},{self.name}_{project},false,,")
        return self.event(drawn_on, f"loan:{name} USD {amount}", f"cash USD {amount}")

    def project(self, name: str, building_from: str = "", in_service: str = "") -> "Company":
        project = f"{self.name}_{name}"
        self.seeds["projects"].append(
            f"{project},{self.name},{name},ai,,,{building_from},{in_service},,false,,"
        )
        self.seeds["accounts"].append(f"{self.name}:{name},{self.name},capex,,,{project},")
        return self

    def order(
        self, name: str, project: str, amount: str, delivered: str = "", cancelled: str = ""
    ) -> "Company":
        self.seeds["purchase_orders"].append(
            f"{name},{self.name}_{project},vendor,2025-01-01,{amount},{delivered},{cancelled},false,,"
        )
        return self

    def budget(self, project: str, first: str, last: str, amount: str) -> "Company":
        self.seeds["project_budgets"].append(f"{self.name}_{project},{first},{last},{amount},false,,")
        return self

    def paid(self, day: str, project: str, amount: str, **more: str) -> "Company":
        return self.event(day, f"cash USD {amount}", f"{project} USD {amount}", **more)


def mara() -> Company:
    """MARA on 2025-09-30: coins at hand, lent, managed, and pledged to a lender who may use them."""
    company = Company("mara")
    company.seeds["loan_terms"] = [
        loan_terms(loan_id="mara", company_id="mara", lender_may_rehypothecate="true")
    ]
    company.seeds["accounts"] += [
        *(f"mara:{place},mara,custody,{place},,," for place in ("loaned", "managed")),
        "mara:pledged,mara,collateral,lender,mara,,",
    ]
    company.seeds["encumbered_accounts"] = [f"mara:{status},{status},,," for status in ("loaned", "managed")]
    units = {"custody": 35493, "loaned": 10377, "managed": 1903, "pledged": 5077}
    for account, quantity in units.items():
        company.event("2025-09-30", f"equity BTC {quantity}", f"{account} BTC {quantity}", "1")
    return company


HOUSE = (
    Company("monty")
    .loan("own", "2025-01-01", "190000", "0.10", "plant")
    .loan("bank", "2025-01-01", "900000", "0.08")
    .loan("bond", "2025-01-01", "700000", "0.12")
    .project("plant", building_from="2025-01-01", in_service="2026-01-01")
    .paid("2025-02-01", "plant", "420000")
    .paid("2025-05-01", "plant", "325000")
    .paid("2025-12-31", "plant", "700000"),
    Company("cole")
    .loan("own", "2025-01-01", "500000", "0.10", "plant")
    .loan("bank", "2025-01-01", "200000", "0.10")
    .project("plant", building_from="2025-01-01")
    .paid("2025-01-01", "plant", "400000"),
    # Two projects spend ten times what was borrowed: 3,650 of interest a year, 10 a day, is all there is.
    Company("poor")
    .loan("bank", "2025-01-01", "36500", "0.10")
    .project("hall")
    .project("site")
    .event("2025-01-01", "equity USD 1000000", "cash USD 1000000")
    .paid("2025-01-01", "hall", "200000")
    .paid("2025-01-01", "site", "100000"),
    # 1,000 a year at 10 % on 10,000; in the second year 100 of interest is an expenditure as well.
    Company("slow")
    .loan("bank", "2024-01-01", "36500", "0.10")
    .project("hall", building_from="2024-12-01", in_service="2025-07-01")
    .paid("2024-12-01", "hall", "12000")
    .paid("2025-08-15", "hall", "500"),
    # Payments in cash, in coin and in shares; a refund; a lender who does not say his rate.
    Company("payer", "06-30", "America/New_York")
    .loan("quiet", "2025-01-01", "5000", "")
    .project("hall", in_service="2025-04-10")
    .event("2025-01-02", "equity BTC 3", "custody BTC 3", "240000")
    .event("2025-02-01T02:00:00Z", "custody BTC 1", "hall USD 90000", "90000")
    .event("2025-02-10", "equity USD 50000", "hall USD 50000", "50000")
    .paid("2025-03-01", "hall", "4000")
    .event("2025-03-20", "hall USD 1500", "cash USD 1500"),
    Company("buyer")
    .project("hall")
    .project("site")
    .order("late", "hall", "1000")
    .order("there", "hall", "500", delivered="2025-02-10")
    .order("off", "hall", "300", cancelled="2025-03-01")
    .order("dear", "hall", "100", delivered="2026-06-01")
    .budget("hall", "2025-01-01", "2025-01-31", "650")
    .budget("hall", "2025-02-01", "2025-12-31", "600")
    .event("2025-01-01", "equity USD 5000", "cash USD 5000")
    .paid("2025-01-20", "hall", "400", group_id="late")
    .paid("2025-01-31", "hall", "200", group_id="there")
    .paid("2025-02-01", "hall", "300", group_id="there")
    .paid("2025-02-02", "hall", "50", group_id="off")
    .paid("2025-02-03", "hall", "120", group_id="dear")
    .paid("2025-02-04", "hall", "200")
    .paid("2025-02-05", "site", "70", group_id="late"),
    mara(),
)
PRICES = [
    {"asset_id": "BTC", "quote_asset": "USD", "priced_at": f"{day}T00:00:00Z", "price": "80000"}
    for day in ("2024-01-01", "2025-12-31")
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory, new_house):
    seeds: dict[str, list[str]] = {}
    for company in HOUSE:
        for seed, rows in company.seeds.items():
            seeds[seed] = seeds.get(seed, []) + rows
    events = [event for company in HOUSE for event in company.events]
    settings = new_house(tmp_path_factory.mktemp("capex"), events=events, prices=PRICES, **seeds)
    with connect(settings.warehouse, read_only=True) as connection:
        assert connection.execute("select message from marts.rejected_rows").fetchall() == []
        yield lambda query: connection.execute(query).fetchall()


def _says(case: str, *words: str) -> None:
    """The reference says so: a changed reference must not leave its test behind."""
    assert all(word in f"{CASES[case]['inputs']} {CASES[case]['expected']}" for word in words), CASES[case]


# Interest, ASC 835-20


def test_monty_capitalised_interest(ask):
    """19,000 on its own loan, and 411,666.67 at the average 9.75 % of the two others."""
    _says("monty_capitalised_interest", "601,666.67", "9.75%", "59,137.50", "175,000", "115,862.50")
    [row] = ask(
        "select average_expenditures_usd, other_loans_rate_ratio, own_loans_interest_usd, "
        "other_loans_interest_usd, capitalised_this_year_usd, interest_incurred_usd, "
        "interest_incurred_usd - capitalised_this_year_usd from marts.capex_monthly "
        "where project_id = 'monty_plant' and month = '2025-12-01'"
    )
    assert [str(figure) for figure in row] == [
        *("601666.67", "0.097500", "19000.00", "40137.50", "59137.50", "175000.00", "115862.50")
    ]


def test_cole_capitalised_interest(ask):
    """Of 50,000 on its own loan and 20,000 on another, 40,000 could have been avoided: the smaller."""
    _says("cole_capitalised_interest", "50k", "20k", "capitalised 40k")
    [row] = ask(
        "select interest_incurred_usd, own_loans_interest_usd, other_loans_interest_usd, "
        "capitalised_this_year_usd from marts.capex_monthly "
        "where project_id = 'cole_plant' and month = '2025-12-01'"
    )
    assert row == (70000, 40000, 0, 40000)


def test_never_more_is_capitalised_than_was_incurred_and_projects_share_it_by_what_they_could_avoid(ask):
    rows = ask(
        "select project_id, other_loans_interest_usd, capitalised_this_year_usd, is_limited "
        "from marts.capex_monthly where company_id = 'poor' and month = '2025-12-01' order by 1"
    )
    # 3,650 by two to one: the cent that the division leaves goes to neither twice
    assert rows == [
        ("poor_hall", 20000, D("2433.33"), True),
        ("poor_site", 10000, D("1216.67"), True),
    ]


def test_interest_of_earlier_years_is_an_expenditure_of_the_next(ask):
    rows = ask(
        "select month, capitalised_this_year_usd, average_expenditures_usd from marts.capex_monthly "
        "where project_id = 'slow_hall' and month in ('2024-12-01', '2025-06-01') order by 1"
    )
    # December is 1/12 of 12,000; the year's interest 366 × 10 over 36,500 × 360 days of the textbook
    first = D("100.27")
    assert [row[2] for row in rows] == [D("1000.00"), ((12000 + first) / 2).quantize(D("0.01"))]
    assert rows[0][1] == first
    # Half a year has 181 days of 10.00 on 36,500 × 180
    assert rows[1][1] == ((12000 + first) * 1810 / 36500).quantize(D("0.01"))


def test_building_ends_when_it_is_in_service_and_later_payments_go_there_at_once(ask):
    rows = ask(
        "select opening_usd, paid_usd, capitalised_interest_usd, placed_in_service_usd, closing_usd, "
        "in_service_usd from marts.capex_monthly "
        "where project_id = 'slow_hall' and month between '2025-06-01' and '2025-08-01' order by month"
    )
    cost = D("12700.31")  # with 100.27 of the first year and 600.04 of the second
    assert rows == [
        (D("12600.86"), 0, D("99.45"), 0, cost, 0),
        (cost, 0, 0, cost, 0, cost),
        (0, 500, 0, 500, 0, cost + 500),
    ]


def test_a_loan_without_a_rate_counts_for_nothing_and_the_row_says_so(ask):
    assert ask(
        "select bool_or(is_interest_complete), sum(capitalised_interest_usd) from marts.capex_monthly "
        "where project_id = 'payer_hall' and month between '2025-02-01' and '2025-06-01'"
    ) == [(False, 0)]
    assert ask(
        "select is_interest_complete, capitalised_interest_usd from marts.capex_projects "
        "where company_id in ('payer', 'cole') order by company_id"
    ) == [(True, ask(TOTAL)[0][0]), (False, 0)]


TOTAL = "select sum(capitalised_interest_usd) from marts.capex_monthly where project_id = 'cole_plant'"


# Payments


def test_coins_and_shares_count_as_cash_does_on_the_day_of_the_companys_calendar(ask):
    rows = ask(
        "select month, opening_usd, paid_usd, returned_usd, placed_in_service_usd, closing_usd "
        "from marts.capex_monthly where project_id = 'payer_hall' and month < '2025-05-01' order by 1"
    )
    assert [(f"{row[0]:%m}", *row[1:]) for row in rows] == [
        ("01", 0, 90000, 0, 0, 90000),  # the first of February in UTC is the last of January in New York
        ("02", 90000, 50000, 0, 0, 140000),
        ("03", 140000, 4000, 1500, 0, 142500),
        ("04", 142500, 0, 0, 142500, 0),
    ]
    [row] = ask(
        "select paid_usd, paid_from_disposals_usd, paid_from_equity_usd, construction_in_progress_usd, "
        "in_service_usd, depreciation_starts_on from marts.capex_projects where project_id = 'payer_hall'"
    )
    assert (*row[:5], str(row[5])) == (144000, 90000, 50000, 0, 142500, "2025-04-10")
    assert ask(
        "select distinct basis from marts.capex_allocations where project_id = 'payer_hall' "
        "and inflow_kind in ('disposal', 'equity_raise')"
    ) == [("direct",)]


# Budgets and commitments


def test_a_commitment_says_what_is_open_and_what_is_a_deposit(ask):
    rows = ask(
        "select commitment_id, paid_usd, open_usd, deposit_usd, commitment_state from marts.commitments "
        "where company_id = 'buyer' order by 1"
    )
    assert rows == [
        ("dear", 120, 0, 120, "overpaid"),  # delivery lies beyond the data
        ("late", 400, 600, 400, "open"),  # the 70 of another project are none of it
        ("off", 50, 0, 50, "cancelled"),
        ("there", 500, 0, 0, "paid"),
    ]
    assert ask(
        "select committed_usd, open_commitments_usd, deposits_usd, paid_usd, budget_usd, is_over_budget, "
        "is_over_committed from marts.capex_projects where project_id = 'buyer_hall'"
    ) == [(1650, 600, 570, 1270, 1250, True, True)]


def test_an_allocation_names_the_order_that_it_paid(ask):
    rows = ask(
        "select project_id, commitment_id, sum(amount_usd) from marts.capex_allocations "
        "where company_id = 'buyer' group by 1, 2 order by 1, 2 nulls last"
    )
    assert rows == [
        ("buyer_hall", "dear", 120),
        ("buyer_hall", "late", 400),
        ("buyer_hall", "off", 50),
        ("buyer_hall", "there", 500),
        ("buyer_hall", None, 200),
        ("buyer_site", None, 70),
    ]


def test_a_project_without_budget_or_orders_has_neither_figure(ask):
    assert ask(
        "select committed_usd, open_commitments_usd, deposits_usd, paid_usd, budget_usd, is_over_budget, "
        "is_over_committed from marts.capex_projects where project_id = 'buyer_site'"
    ) == [(None, None, 0, 70, None, None, None)]


def test_budgets_count_what_is_paid_in_their_period(ask):
    rows = ask(
        "select budget_usd, paid_usd, budget_left_usd, is_over_budget from marts.capex_budgets "
        "where project_id = 'buyer_hall' order by period_from"
    )
    assert rows == [(650, 600, 50, False), (600, 670, -70, True)]


def test_overspending_and_misnamed_orders_are_warnings(ask):
    warned = "select check_name, failures from audit.checks where status = 'warn' and check_name in "
    assert sorted(
        ask(warned + "('projects_stay_within_their_budgets', 'commitments_are_paid_as_ordered')")
    ) == [
        ("commitments_are_paid_as_ordered", 2),
        ("projects_stay_within_their_budgets", 2),
    ]


# Encumbrance


def test_mara_encumbrance(ask):
    """Held 35,493; what others may use is a receivable for 17,357 more."""
    _says("mara_encumbrance", "35,493", "10,377", "1,903", "5,077", "17,357", "52,850")
    rows = ask(
        "select status, is_receivable, quantity from marts.encumbrances "
        "where company_id = 'mara' and as_of = '2025-09-30' order by 1"
    )
    assert rows == [
        ("free", False, 35493),
        ("loaned", True, 10377),
        ("managed", True, 1903),
        ("pledged", True, 5077),
    ]
    assert sum(row[2] for row in rows if row[1]) == 17357
    assert sum(row[2] for row in rows) == 52850
