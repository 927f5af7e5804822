"""The engine against a walk over every day in fractions: 600 random loans, equal to the cent."""

import ast
import random
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project import loans
from dagster_project.loans import DAY_COUNTS, MOVES, RATES, TERMS, YEAR, walk_loans
from dagster_project.loans.calendars import weight
from tests.loans.reference import by_days

ORDERS = (
    "fee,interest,principal",
    "interest,fee,principal",
    "principal,interest,fee",
    "interest,principal,fee",
)
COMPOUNDING = ("none", "none", "monthly", "quarterly", "yearly", "daily")


def random_loan(number: int) -> dict:
    """A loan across leap years and month ends, with rates that change and payments on any day."""
    chance = random.Random(number)
    opened = date(chance.choice((2019, 2020, 2023, 2024)), chance.randint(1, 12), chance.choice((1, 15, 28)))
    length = chance.randint(30, 1000)
    compounding = chance.choice(COMPOUNDING)

    def any_day() -> date:
        day = opened + timedelta(days=chance.randint(0, length))
        end = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return min(end, opened + timedelta(days=length)) if chance.random() < 0.3 else day

    moves = [(opened, chance.randint(1, 10**11), None)]
    for _ in range(chance.randint(0, 12)):
        size = chance.choice((10**3, 10**6, 10**9, 10**11))
        sign = chance.choice((1, -1, -1, -1))
        stated = chance.choice((None, "fee", "interest", "principal")) if sign < 0 else None
        moves.append((any_day(), sign * chance.randint(1, size), stated))
    changes = sorted({any_day() for _ in range(chance.randint(0, 6))})
    return {
        "loan_id": f"loan-{number:03}",
        "day_count": DAY_COUNTS[number % 4],
        "compounding": compounding,
        "interest_mode": chance.choice(("paid", "capitalised")) if compounding != "none" else "paid",
        "payment_order": chance.choice(ORDERS),
        "upfront_fee": chance.choice((0, 1_000_000, 12_345_678)),
        "early_fee": chance.choice((0, 500_000)),
        "matures_on": opened + timedelta(days=365),
        "until": opened + timedelta(days=length),
        "moves": sorted(moves, key=lambda move: move[0]),
        "rates": [(opened - timedelta(days=9), 8_000_000)]
        + [(day, chance.randint(0, 20_000_000)) for day in changes],
    }


LOANS = [random_loan(number) for number in range(600)]


def tables(chosen: list[dict]) -> tuple[pa.Table, pa.Table, pa.Table]:
    terms = [loan | {"early_termination_fee": loan["early_fee"]} for loan in chosen]
    rates = [
        {"loan_id": loan["loan_id"], "effective_from": since, "rate": rate}
        for loan in chosen
        for since, rate in loan["rates"]
    ]
    moves = [
        {"loan_id": loan["loan_id"], "sequence": number, "date": day, "amount": amount, "stated": stated}
        for loan in chosen
        for number, (day, amount, stated) in enumerate(loan["moves"])
    ]
    return (
        pa.Table.from_pylist([{name: row[name] for name in TERMS.names} for row in terms], TERMS),
        pa.Table.from_pylist(rates, RATES),
        pa.Table.from_pylist(moves, MOVES),
    )


@pytest.fixture(scope="module")
def walked():
    return walk_loans(*tables(LOANS))


def expanded(segments: list[dict], day_count: str) -> list[dict]:
    """The days of a loan's segments, as SQL expands them."""
    days = []
    for segment in segments:
        first, last = segment["first_date"].toordinal(), segment["last_date"].toordinal()
        for day in range(first, last + 1):
            accrued = segment["base"] * segment["rate"] * weight(day_count, first, day + 1)
            to_date = int((2 * (segment["numerator"] + accrued) + YEAR) // (2 * YEAR))
            posted = segment["interest_paid"] + segment["interest_capitalised"]
            days.append(
                {
                    "date": date.fromordinal(day),
                    "principal": segment["principal"],
                    "interest_to_date": to_date,
                    "interest_due": to_date - posted,
                    "fee_due": segment["fee_charged"] - segment["fee_paid"],
                }
            )
    return days


def by_loan(table: pa.Table) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in table.to_pylist():
        whole = {key: int(value) if hasattr(value, "quantize") else value for key, value in row.items()}
        found.setdefault(row["loan_id"], []).append(whole)
    return found


def test_every_day_of_600_random_loans_is_equal_to_the_cent(walked):
    segments, postings = by_loan(walked.segments), by_loan(walked.postings)
    for loan in LOANS:
        days, payments = by_days(loan)
        assert expanded(segments[loan["loan_id"]], loan["day_count"]) == days, loan
        parts = [
            {part: posting[part] for part in ("fee", "interest", "principal")}
            for posting in postings[loan["loan_id"]]
            if posting["kind"] == "payment"
        ]
        assert parts == payments, loan


def test_balances_roll_forward_from_posting_to_posting(walked):
    for postings in by_loan(walked.postings).values():
        for row in postings:
            grew = {"drawdown": 1, "capitalisation": 1, "payment": -1}[row["kind"]]
            assert row["principal_after"] == row["principal_before"] + grew * row["principal"]
            assert row["interest_after"] == row["interest_before"] - row["interest"]
            assert row["fee_after"] == row["fee_before"] + row["fee_charged"] - row["fee"]
            if row["kind"] == "payment":
                assert row["fee"] + row["interest"] + row["principal"] == row["amount"]


def test_the_order_of_rows_changes_nothing(walked):
    terms, rates, moves = tables(LOANS)
    backwards = [table.take(list(range(len(table)))[::-1]) for table in (terms, rates, moves)]
    assert walk_loans(*backwards) == walked


def test_the_engine_imports_nothing_else_of_ours():
    for source in Path(loans.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert all(not name.startswith("dagster_project") or ".loans." in name for name in names)
