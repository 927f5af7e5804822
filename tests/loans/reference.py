"""Interest by another road: every day of a loan, one after the other, in fractions."""

from calendar import isleap
from datetime import date, timedelta
from fractions import Fraction
from math import floor

ONE = timedelta(days=1)


def share(day_count: str, day: date) -> Fraction:
    """The part of a year that one day is."""
    if day_count == "act/360":
        return Fraction(1, 360)
    if day_count == "act/365":
        return Fraction(1, 365)
    if day_count == "act/act":
        return Fraction(1, 366 if isleap(day.year) else 365)
    return Fraction(thirty(day + ONE) - thirty(day), 360)


def thirty(day: date) -> int:
    return (day.year * 12 + day.month) * 30 + min(day.day, 30)


def begins_period(compounding: str, day: date) -> bool:
    months = {"none": (), "monthly": range(1, 13), "quarterly": (1, 4, 7, 10), "yearly": (1,)}
    return compounding == "daily" or (day.day == 1 and day.month in months[compounding])


def rounded(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def by_days(loan: dict) -> tuple[list[dict], list[dict]]:
    """Balances at the end of each day, and the parts of each payment."""
    principal = overdue = paid = capitalised = charged = fee_paid = 0
    to_date, days, payments = Fraction(0), [], []
    first = day = loan["moves"][0][0]
    while day <= loan["until"]:
        due = rounded(to_date) - paid - capitalised
        if day > first and begins_period(loan["compounding"], day):
            if loan["interest_mode"] == "capitalised":
                principal, capitalised = principal + due, capitalised + due
            else:
                overdue = due
        for when, amount, stated in loan["moves"]:
            if when != day:
                continue
            if amount > 0:
                principal += amount
                charged += rounded(Fraction(amount * loan["upfront_fee"], 10**8))
                continue
            left, part, before = -amount, {}, principal
            if stated == "fee":
                charged = max(charged, fee_paid + left)
            owed = {
                "fee": charged - fee_paid,
                "interest": rounded(to_date) - paid - capitalised,
                "principal": max(principal, 0),
            }
            for name in loan["payment_order"].split(","):
                part[name] = min(left, owed[name])
                left -= part[name]
            part["principal"] += left
            fee_paid, paid = fee_paid + part["fee"], paid + part["interest"]
            overdue = max(overdue - part["interest"], 0)
            principal -= part["principal"]
            if principal <= 0 < before and day < loan["matures_on"]:
                charged += rounded(Fraction(before * loan["early_fee"], 10**8))
            payments.append(part)
        rate = [rate for since, rate in loan["rates"] if since <= day][-1]
        to_date += max(principal + overdue, 0) * Fraction(rate, 10**8) * share(loan["day_count"], day)
        days.append(
            {
                "date": day,
                "principal": principal,
                "interest_to_date": rounded(to_date),
                "interest_due": rounded(to_date) - paid - capitalised,
                "fee_due": charged - fee_paid,
            }
        )
        day += ONE
    return days, payments
