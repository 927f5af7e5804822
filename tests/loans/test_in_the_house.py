"""Loans from their terms to the marts: what is owed, called, cured and repaid, and terms without sense."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from dagster_project.settings import ROOT
from dagster_project.storage.database import connect

GOOD = {
    "principal_asset": "USD",
    "collateral_asset": "BTC",
    "opened_on": "2025-01-01",
    "matures_on": "2026-01-01",
    "annual_rate": "0.10",
    "day_count": "act/365",
    "initial_ltv_ratio": "0.50",
    "margin_call_ltv_ratio": "0.70",
    "cure_ltv_ratio": "0.60",
    "liquidation_ltv_ratio": "0.80",
    "lender_may_rehypothecate": "true",
    "is_illustrative": "true",
}
HEADER = (ROOT / "seeds" / "loan_terms.csv").read_text().splitlines()[0].split(",")
# Each changes the good terms; the reason is what rejected_rows must say of it.
BAD = {
    "unknown_day_count": {"day_count": "act/364"},
    "missing_value": {"day_count": ""},
    "liquidation_below_call": {"liquidation_ltv_ratio": "0.65"},
    "cure_above_call": {},  # until it is amended
    "initial_above_call": {"initial_ltv_ratio": "0.75"},
    "unknown_compounding": {"compounding": "weekly"},
    "capitalised_without_period": {"interest_mode": "capitalised"},
    "unknown_payment_order": {"payment_order": "interest;principal"},
    "maturity_out_of_order": {"matures_on": "2024-01-01"},
    "rate_missing": {"annual_rate": ""},
    "collateral_without_price": {"collateral_asset": "ETH"},
    "unknown_asset": {"principal_asset": "DOGE"},
    "unknown_company": {"company_id": "nobody"},
}
AMENDMENTS = [
    "cure_above_call,2025-03-01,,0.75,,,,",
    "amended,2025-01-04,0.75,,0.85,,,",
    "amended,2025-01-06,0.65,,,48,,",
    "amended,2099-01-01,0.10,0.10,0.10,,,",
]
FINE = {
    "amended": {},
    "called": {"cure_hours": "48"},
    "overdue": {"matures_on": "2025-01-10", "extended_to": "2025-01-20"},
    "growing": {"compounding": "monthly", "interest_mode": "capitalised", "day_count": "30/360"},
    "in_coin": {"principal_asset": "BTC", "collateral_asset": "ETH", "cure_ltv_ratio": ""},
    "two_assets": {},
    "fees": {"upfront_fee_ratio": "0.01", "early_termination_fee_ratio": "0.005", "payment_order": ""},
}
EVENTS: list[dict] = []


def event(loan: str, day: str, sent: str, received: str, value: str = "", kind: str = "transfer") -> None:
    """`sent` and `received` are `account asset quantity`; a loan has the accounts loan and collateral."""
    sides = {}
    for side, text in (("from", sent), ("to", received)):
        account, asset, quantity = text.split()
        name = f"{loan}:{account}" if account in ("loan", "collateral") else f"co:{account}"
        sides |= {f"{side}_account": name, f"{side}_asset": asset, f"{side}_quantity": quantity}
    number = f"e{len(EVENTS):03}"
    when = day if "T" in day else f"{day}T12:00:00Z"
    EVENTS.append(
        {"event_id": number, "company_id": "co", "occurred_at": when, "event_type": kind, "value_usd": value}
        | sides
    )


def drawn(loan: str, asset: str = "BTC", quantity: str = "20", owed: str = "USD 1000000") -> None:
    """20 BTC of 100,000 pledged, 1,000,000 drawn on 2025-01-01: 50 %."""
    event(loan, "2025-01-01", f"custody {asset} {quantity}", f"collateral {asset} {quantity}", kind="pledge")
    event(loan, "2025-01-01T13:00:00Z", f"loan {owed}", f"cash {owed}", kind="drawdown")


def the_events() -> list[dict]:
    EVENTS.clear()
    event("", "2024-12-31", "equity BTC 1000", "custody BTC 1000", "1", "opening_balance")
    event("", "2024-12-31", "equity ETH 9000", "custody ETH 9000", "1", "opening_balance")
    event("", "2024-12-31", "equity USD 90000000", "cash USD 90000000", "", "opening_balance")
    for loan in (*BAD, "amended", "called", "overdue", "growing", "fees"):
        drawn(loan, "ETH" if loan == "collateral_without_price" else "BTC")
    # 100 BTC against 8,000 ETH of 2,500, priced when the loan is drawn
    event("in_coin", "2025-01-15", "custody ETH 8000", "collateral ETH 8000", kind="pledge")
    event("in_coin", "2025-01-15", "loan BTC 100", "custody BTC 100", kind="drawdown")
    event("in_coin", "2025-01-25", "custody BTC 40", "loan BTC 40", kind="loan_repayment")
    drawn("two_assets", quantity="10")
    event("two_assets", "2025-01-15", "custody ETH 400", "collateral ETH 400", kind="pledge")
    # 365 days of 273.97 are due in a year; ten of them are paid with a repayment that calls itself principal
    event("fees", "2025-01-11", "cash USD 112739.73", "loan USD 112739.73", kind="loan_repayment")
    event("fees", "2025-02-11", "custody BTC 9", "loan USD 907643.83", "907643.83", "loan_repayment")
    event("fees", "2025-02-12", "collateral BTC 20", "custody BTC 20", kind="release")
    return EVENTS


@pytest.fixture(scope="module")
def ask(tmp_path_factory, new_house):
    loans = {loan: GOOD | changes for loan, changes in (BAD | FINE).items()}
    lines = []
    for name, loan in loans.items():
        row = {"loan_id": name, "company_id": "co", "lender": "lender"} | loan
        lines.append(",".join(f'"{row[column]}"' if row.get(column) else "" for column in HEADER))
    prices = {
        ("BTC", "2025-01-01"): "100000",
        ("BTC", "2025-01-05"): "70000",  # 71.4 %: called
        ("BTC", "2025-01-06"): "75000",  # 66.7 %: below the call, above the cure
        ("BTC", "2025-01-09"): "100000",
        ("ETH", "2025-01-15"): "2500",
    }
    settings = new_house(
        tmp_path_factory.mktemp("loans"),
        events=the_events(),
        prices=[
            {"asset_id": asset, "quote_asset": "USD", "priced_at": f"{day}T00:00:00Z", "price": price}
            for (asset, day), price in prices.items()
        ],
        companies=["co,co,,12-31,UTC,"],
        accounts=[f"co:{kind},co,{kind},,,," for kind in ("custody", "cash", "equity", "income", "expense")]
        + [f"{loan}:{kind},co,{kind},,{loan},," for loan in loans for kind in ("loan", "collateral")],
        lot_policies=["co,gaap,*,fifo,company,2009-01-03,derecognise,"],
        loan_terms=lines,
        loan_amendments=AMENDMENTS,
        loan_rates=["rate_missing,2025-01-01,,prime,,0.01,"],
        loan_collateral=["two_assets,BTC,,", "two_assets,ETH,0.5,"],
        loan_tranches=["called,1,1000000,2025-01-01,,", "overdue,1,1000000,2025-01-02,,", "fees,1,999999,,,"],
        stress_moves=["*,-0.3", "co,-0.5", "other,-0.9"],
    )
    with connect(settings.warehouse, read_only=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


def test_terms_that_make_no_sense_stop_their_loan_and_say_why(ask):
    rows = ask("select reason, source_row, message from marts.rejected_rows where entity = 'loan_terms'")
    assert {reason for reason, *_ in rows} == set(BAD)
    for reason, row, message in rows:
        assert row == list(BAD).index(reason) + 2
        assert message.startswith(f"Loan {reason} is left out. seeds/loan_terms.csv, row {row}: ")


def test_the_other_loans_go_on(ask):
    for mart in ("loans", "loans_daily", "loan_events"):
        assert {loan for (loan,) in ask(f"select distinct loan_id from marts.{mart}")} == set(FINE)


def test_a_call_stands_until_it_is_cured_and_becomes_a_default_when_its_time_is_over(ask):
    """Called at the end of January 5, with 48 hours; 66.7 % is no cure; on the 9th the price is back."""
    rows = ask(
        "select date, loan_state, state_rule, cure_due_at from marts.loans_daily "
        "where loan_id = 'called' and date between '2025-01-04' and '2025-01-09' order by date"
    )
    due = datetime(2025, 1, 8)
    not_cured = "at_or_above_margin_call_ltv_and_not_cured"
    assert rows == [
        (date(2025, 1, 4), "current", "below_margin_call_ltv", None),
        (date(2025, 1, 5), "margin_call", not_cured, due),
        (date(2025, 1, 6), "margin_call", not_cured, due),
        (date(2025, 1, 7), "default", "not_cured_in_time", due),
        (date(2025, 1, 8), "default", "not_cured_in_time", due),
        (date(2025, 1, 9), "current", "below_margin_call_ltv", None),
    ]
    assert ask(
        "select loan_event_kind, occurred_at::date from marts.loan_events where loan_id = 'called' "
        "and loan_event_kind in ('margin_call', 'default', 'cure') order by 2"
    ) == [
        ("margin_call", date(2025, 1, 5)),
        ("default", date(2025, 1, 7)),
        ("cure", date(2025, 1, 9)),
    ]


def test_loan_to_values_hold_from_the_day_on_which_they_were_amended(ask):
    """71.4 % on January 5 is below the new call of 75 %; 66.7 % on the 6th is above the next one of 65 %."""
    assert ask(
        "select date, loan_state, cure_due_at, price_to_margin_call_usd, price_to_liquidation_usd "
        "from marts.loans_daily where loan_id = 'amended' and date between '2025-01-03' and '2025-01-06' "
        "order by date"
    ) == [
        (date(2025, 1, 3), "current", None, Decimal("71428.57142857"), Decimal("62500")),
        (date(2025, 1, 4), "current", None, Decimal("66666.66666667"), Decimal("58823.52941176")),
        (date(2025, 1, 5), "current", None, Decimal("66666.66666667"), Decimal("58823.52941176")),
        (
            date(2025, 1, 6),
            "margin_call",
            datetime(2025, 1, 9),
            Decimal("76923.07692308"),
            Decimal("58823.52941176"),
        ),
    ]
    assert ask(
        "select occurred_at::date, detail from marts.loan_events "
        "where loan_id = 'amended' and loan_event_kind = 'amendment' order by 1"
    ) == [
        (date(2025, 1, 4), "margin call at 0.750000, cured at 0.600000, liquidation at 0.850000"),
        (
            date(2025, 1, 6),
            "margin call at 0.650000, cured at 0.600000, liquidation at 0.850000, 48 hours to cure",
        ),
    ]
    assert ask(
        "select margin_call_ltv_ratio, cure_ltv_ratio, liquidation_ltv_ratio, cure_hours from marts.loans "
        "where loan_id = 'amended'"
    ) == [(Decimal("0.65"), Decimal("0.6"), Decimal("0.85"), 48)]
    assert ask(
        "select stressed_state from marts.loan_stress where loan_id = 'amended' order by move_ratio desc"
    ) == [("margin_call",), ("default",)]


def test_a_loan_that_is_unpaid_at_its_extended_maturity_is_in_default(ask):
    rows = ask(
        "select date, state_rule from marts.loans_daily where loan_id = 'overdue' "
        "and date in ('2025-01-19', '2025-01-20') order by date"
    )
    assert [rule for _, rule in rows] == ["below_margin_call_ltv", "unpaid_at_maturity"]
    assert ask(
        "select loan_event_kind, occurred_at::date from marts.loan_events where loan_id = 'overdue' "
        "and loan_event_kind in ('extension', 'maturity') order by 2"
    ) == [("extension", date(2025, 1, 10)), ("maturity", date(2025, 1, 20))]


def test_capitalised_interest_becomes_principal(ask):
    """1,000,000 at 10 % 30/360 grows by 8,333.33 on the first of February; to date 8,613.43 have accrued."""
    assert ask(
        "select principal_usd, accrued_interest_usd, interest_capitalised_to_date_usd from marts.loans_daily "
        "where loan_id = 'growing' and date in ('2025-01-31', '2025-02-01') order by date"
    ) == [
        (Decimal("1000000.00"), Decimal("8333.33"), Decimal("0.00")),
        (Decimal("1008333.33"), Decimal("280.10"), Decimal("8333.33")),
    ]


def test_a_debt_in_coins_is_kept_in_coins_and_shown_at_their_price(ask):
    """100 BTC at 10 %: ten days are 0.27397260 BTC, paid first; 60.27397260 are left."""
    assert ask(
        "select principal_quantity, principal_usd, ltv_ratio, price_to_margin_call_usd "
        "from marts.loans_daily where loan_id = 'in_coin' and date between '2025-01-24' and '2025-01-25' "
        "order by date"
    ) == [
        (Decimal(100), Decimal("10000000.00"), Decimal("0.5"), Decimal("1785.71428571")),
        (Decimal("60.2739726"), Decimal("6027397.26"), Decimal("0.30137"), Decimal("1076.32093929")),
    ]
    assert ask(
        "select paid_in, amount_usd, interest_usd, principal_usd, split_difference_usd "
        "from marts.loan_repayments where loan_id = 'in_coin'"
    ) == [("coin", Decimal(4000000), Decimal("27397.26"), Decimal("3972602.74"), Decimal("27397.26"))]


def test_each_asset_counts_after_its_haircut(ask):
    """10 BTC count in full, 400 ETH by half: 1,000,000 + 500,000."""
    [row] = ask(
        "select collateral_value_usd, collateral_lendable_usd, ltv_ratio, price_to_margin_call_usd "
        "from marts.loans_daily where loan_id = 'two_assets' and date = '2025-01-15'"
    )
    # 1,000,000 / 0.7 less 500,000 of ether must be worth of 10 BTC
    assert row == (Decimal(2000000), Decimal(1500000), Decimal("0.666667"), Decimal("92857.14285714"))


def test_payments_follow_the_contract_and_a_difference_is_told(ask):
    """Fee 10,000 and ten days of interest come first; the payment had called itself principal."""
    rows = ask(
        "select fee_usd, interest_usd, principal_usd, split_difference_usd, principal_after_usd, "
        "fee_after_usd, paid_in, extinguishment_gain_usd from marts.loan_repayments "
        "where loan_id = 'fees' order by repaid_at"
    )
    assert rows[0] == (*map(Decimal, ("10000", "2739.73", "100000", "12739.73", "900000", "0")), "cash", 0)
    # The rest is repaid in coin 324 of 365 days early: 8,876.71 of the upfront fee, 4,500 of the other
    assert rows[1] == (
        *map(Decimal, ("0", "7643.83", "900000", "7643.83", "0", "4500")),
        "coin",
        -(Decimal("8876.71") + 4500),
    )
    assert ask("select status from audit.checks where check_name = 'payments_are_split_as_stated'") == [
        ("warn",)
    ]


def test_a_coin_that_repays_is_a_disposal_too(ask):
    assert ask(
        "select d.disposal_type, d.gross_proceeds_usd from marts.disposals d "
        "join marts.loan_repayments r using (event_id) where r.loan_id = 'fees'"
    ) == [("loan_repayment", Decimal("907643.83"))]


def test_a_drawdown_beyond_its_tranches_is_told(ask):
    """One lies within its tranche, one before its window, one is larger than what may be drawn."""
    assert ask("select loan_id from audit.drawdowns_stay_within_their_tranches order by 1") == [
        ("fees",),
        ("overdue",),
    ]


def test_a_drawdown_against_too_little_collateral_is_told(ask):
    """1,000,000 on 10 BTC of 100,000, other coins two weeks later: drawn at 100 %, not at 50 %."""
    assert ask(
        "select distinct loan_id from audit.drawdowns_stay_within_the_initial_loan_to_value order by 1"
    ) == [("two_assets",)]


def test_stress_says_what_to_post_or_to_sell(ask):
    """At 50,000 a loan of 1,000,000 on 20 BTC stands at 100 %; the cure is 60 %."""
    rows = ask(
        "select move_ratio, stressed_ltv_ratio, stressed_state, collateral_to_post_usd, "
        "collateral_to_post_quantity, collateral_to_sell_usd, collateral_to_sell_quantity "
        "from marts.loan_stress where loan_id = 'called' order by move_ratio desc"
    )
    assert [row[:3] for row in rows] == [
        (Decimal("-0.3"), Decimal("0.714286"), "margin_call"),
        (Decimal("-0.5"), Decimal(1), "default"),
    ]
    # 1,666,666.67 are needed for 60 %; at 100 % selling cures only when all is sold
    assert rows[1][3:] == tuple(map(Decimal, ("666666.67", "13.3333334", "1000000", "20")))
    assert rows[0][3:] == tuple(map(Decimal, ("266666.67", "3.80952386", "400000", "5.71428572")))


def test_every_law_holds(ask):
    assert (
        ask(
            "select check_name from audit.checks where severity = 'error' and status <> 'pass' "
            "and resource_type = 'test'"
        )
        == []
    )
