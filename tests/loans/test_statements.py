"""Single loans whose statement fits on a hand. Amounts in cents."""

from datetime import date

import pyarrow as pa
import pytest

from dagster_project.loans import MOVES, RATES, TERMS, YEAR, walk_loans
from dagster_project.loans.calendars import weight

USUAL = {
    "loan_id": "L",
    "day_count": "act/360",
    "compounding": "none",
    "interest_mode": "paid",
    "payment_order": "fee,interest,principal",
    "upfront_fee": 0,
    "early_termination_fee": 0,
    "matures_on": None,
}


def statement(
    moves: list[str], until: str, rates: str = "2024-01-01 8", **terms
) -> tuple[list[tuple], int | None]:
    """Postings (day, kind, fee, interest, principal, principal after) and the interest due on the last day.

    A move is `<date> <cents> [what it says it is]`, a rate `<date> <percent>`, joined by semicolons.
    """
    known = USUAL | {"until": date.fromisoformat(until)} | terms
    rows = [[*move.split(), None][:3] for move in moves]
    move_rows = [("L", number, date.fromisoformat(d), int(a), s) for number, (d, a, s) in enumerate(rows)]
    rate_rows = [
        ("L", date.fromisoformat(day), int(percent) * 1_000_000)
        for day, percent in (rate.split() for rate in rates.split(";") if rate)
    ]
    walked = walk_loans(
        pa.Table.from_pylist([known], TERMS),
        pa.table([*map(list, zip(*rate_rows, strict=True))], schema=RATES) if rates else RATES.empty_table(),
        pa.Table.from_pylist([dict(zip(MOVES.names, row, strict=True)) for row in move_rows], MOVES),
    )
    columns = ("kind", "fee", "interest", "principal", "principal_after")
    postings = [
        (str(row["date"]), *(row[column] for column in columns)) for row in walked.postings.to_pylist()
    ]
    last = walked.segments.to_pylist()[-1]
    days = last["first_date"].toordinal(), last["last_date"].toordinal() + 1
    if known["day_count"] is None:
        return postings, None
    accrued = last["base"] * last["rate"] * weight(known["day_count"], *days)
    to_date = (2 * (last["numerator"] + accrued) + YEAR) // (2 * YEAR)
    return postings, to_date - last["interest_paid"] - last["interest_capitalised"]


def test_the_day_of_a_drawdown_counts_and_the_day_of_a_repayment_does_not():
    """2.7M at 8 % act/360 are 600.00 a day: 90 days to 1 December, then 450.00."""
    assert statement(
        ["2025-09-02 270000000", "2025-12-01 -5400000 interest", "2025-12-01 -67500000 principal"],
        until="2025-12-01",
    ) == (
        [
            ("2025-09-02", "drawdown", 0, 0, 270000000, 270000000),
            ("2025-12-01", "payment", 0, 5400000, 0, 270000000),
            ("2025-12-01", "payment", 0, 0, 67500000, 202500000),
        ],
        45000,
    )


def test_a_payment_meets_interest_first_whatever_it_calls_itself():
    postings, _ = statement(["2025-09-02 270000000", "2025-09-12 -1000000 principal"], until="2025-09-12")
    assert postings[1] == ("2025-09-12", "payment", 0, 600000, 400000, 269600000)


def test_the_contract_may_say_principal_first():
    postings, due = statement(
        ["2025-09-02 270000000", "2025-09-12 -1000000"],
        until="2025-09-12",
        payment_order="principal,interest,fee",
    )
    assert postings[1][2:] == (0, 0, 1000000, 269000000)
    assert due == 600000 + 59778


def test_an_upfront_fee_is_due_with_the_drawdown_and_paid_first():
    postings, _ = statement(
        ["2025-09-02 270000000", "2025-09-02 -2700000"], until="2025-09-02", upfront_fee=1_000_000
    )
    assert postings[1] == ("2025-09-02", "payment", 2700000, 0, 0, 270000000)


def test_a_fee_that_no_terms_mention_repays_no_principal():
    postings, _ = statement(["2025-09-02 270000000", "2025-09-02 -5000 fee"], until="2025-09-02")
    assert postings[1] == ("2025-09-02", "payment", 5000, 0, 0, 270000000)


def test_capitalised_interest_becomes_principal_on_the_first_of_the_month():
    """9,000.00 at 12 % 30/360 are 90.00 a month; then 9,090.00 earn 90.90."""
    postings, due = statement(
        ["2024-01-01 900000"],
        until="2024-03-01",
        rates="2024-01-01 12",
        day_count="30/360",
        compounding="monthly",
        interest_mode="capitalised",
    )
    assert postings[1:] == [
        ("2024-02-01", "capitalisation", 0, 9000, 9000, 909000),
        ("2024-03-01", "capitalisation", 0, 9090, 9090, 918090),
    ]
    assert due == 306


def test_a_rate_that_changes_counts_from_its_day_on():
    _, due = statement(["2024-01-01 36000000"], until="2024-01-20", rates="2024-01-01 10;2024-01-11 5")
    assert due == 10 * 10000 + 10 * 5000


def test_a_day_of_a_leap_year_is_a_366th():
    """Half the days in 2023, half in 2024."""
    _, due = statement(
        ["2023-12-31 36500000"], until="2024-01-01", rates="2023-01-01 10", day_count="act/act"
    )
    assert due == 10000 + 9973


def test_a_loan_repaid_before_it_matures_owes_the_termination_fee():
    terms = {"early_termination_fee": 500_000, "matures_on": date(2025, 9, 2)}
    moves = ["2024-09-02 100000000", "2024-09-02 -100000000", "2024-09-02 -500000"]
    postings, _ = statement(moves, until="2024-09-02", **terms)
    assert postings[1:] == [
        ("2024-09-02", "payment", 0, 0, 100000000, 0),
        ("2024-09-02", "payment", 500000, 0, 0, 0),
    ]


def test_without_a_rate_a_payment_is_what_it_says():
    postings, due = statement(
        ["2024-01-01 1000", "2024-02-01 -300 interest", "2024-02-01 -200"],
        "2024-03-01",
        rates="",
        day_count=None,
    )
    assert [row[2:] for row in postings[1:]] == [(0, 300, 0, 1000), (0, 0, 200, 800)]
    assert due is None


def test_a_loan_without_a_rate_on_its_first_day_is_refused():
    with pytest.raises(ValueError, match="Loan L: There is no rate"):
        statement(["2024-01-01 1000"], "2024-01-02", rates="2024-01-02 8")
