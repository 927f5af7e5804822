"""One loan, from its first movement to a last day: amounts in units, days as ordinals, rates in 1e-8."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from dagster_project.loans.calendars import DAYS, period_starts, weight

RATE = 10**8
YEAR = DAYS * RATE  # units × rate × weight, summed, is interest times this


class Terms(NamedTuple):
    """The terms of a loan; `day_count` None where its interest is not known."""

    day_count: str | None
    compounding: str  # a key of PERIODS
    is_capitalised: bool
    payment_order: tuple[str, ...]  # fee, interest, principal in the contract's order
    upfront_fee: int  # 1e-8 of each drawdown
    early_fee: int  # 1e-8 of the principal whose repayment ends the loan before `matures`
    matures: int | None


class Move(NamedTuple):
    """A drawdown (amount above zero) or a payment (below zero), with the part that a payment says it is."""

    sequence: int
    day: int
    amount: int
    stated: str | None


class Segment(NamedTuple):
    """Days on which nothing changes, both ends included; balances at the end of each of them."""

    first_day: int
    last_day: int
    principal: int
    base: int  # what earns interest
    rate: int | None
    numerator: int  # interest before the first day, in units / YEAR
    interest_paid: int  # these to date
    interest_capitalised: int
    fee_charged: int
    fee_paid: int


class Posting(NamedTuple):
    """What a movement, or a period's end, changed; `sequence` None for interest that became principal."""

    sequence: int | None
    day: int
    kind: str  # drawdown, payment, capitalisation
    amount: int
    fee: int  # parts of a payment; the interest of a capitalisation
    interest: int
    principal: int
    fee_charged: int
    principal_before: int
    interest_before: int
    fee_before: int
    principal_after: int
    interest_after: int
    fee_after: int


@dataclass(slots=True)
class Balance:
    """What is owed; the numerator is the interest of all days before today."""

    principal: int = 0
    numerator: int = 0
    interest_paid: int = 0
    interest_capitalised: int = 0
    overdue: int = 0  # interest due that earns interest
    fee_charged: int = 0
    fee_paid: int = 0
    postings: list[Posting] = field(default_factory=list)

    @property
    def interest(self) -> int:
        """Interest due: rounded half up to date, less what was posted before."""
        return half_up(self.numerator, YEAR) - self.interest_paid - self.interest_capitalised

    @property
    def fee(self) -> int:
        """Fees due."""
        return self.fee_charged - self.fee_paid

    def owed(self) -> tuple[int, int, int]:
        """Principal, interest and fees due."""
        return self.principal, self.interest, self.fee


def walk(
    terms: Terms, rates: list[tuple[int, int]], moves: list[Move], until: int
) -> tuple[list[Segment], list[Posting]]:
    """Walk a loan from its first move to the day `until`.

    `rates` are (day from which on, rate) in order, and the first of them must not be later than the first
    move; none where `terms.day_count` is None. `moves` are in order, and not later than `until`.
    """
    if terms.day_count and (not rates or rates[0][0] > moves[0].day):
        raise ValueError(f"There is no rate for ordinal day {moves[0].day}.")
    first, balance, segments = moves[0].day, Balance(), []
    compounding = set(period_starts(terms.compounding, first, until)) if terms.day_count else set()
    next_rate, next_move, rate = 0, 0, None
    for start, end in pairwise(breakpoints(terms, rates, moves, compounding, until)):
        while next_rate < len(rates) and rates[next_rate][0] <= start:
            rate, next_rate = rates[next_rate][1], next_rate + 1
        if start in compounding:
            compound(balance, start, is_capitalised=terms.is_capitalised)
        while next_move < len(moves) and moves[next_move].day == start:
            post(balance, terms, moves[next_move])
            next_move += 1
        base = max(balance.principal + balance.overdue, 0) if terms.day_count else 0
        segments.append(
            Segment(
                start,
                end - 1,
                balance.principal,
                base,
                rate,
                balance.numerator,
                balance.interest_paid,
                balance.interest_capitalised,
                balance.fee_charged,
                balance.fee_paid,
            )
        )
        if base:
            balance.numerator += base * rate * weight(terms.day_count, start, end)
    return segments, balance.postings


def breakpoints(
    terms: Terms, rates: list[tuple[int, int]], moves: list[Move], compounding: Iterable[int], until: int
) -> list[int]:
    """Return the days on which something may change, and the day after the last one."""
    days = {move.day for move in moves}.union(compounding, (day for day, _ in rates))
    if terms.day_count == "act/act":
        days.update(period_starts("yearly", moves[0].day, until))
    return [*sorted(day for day in days if moves[0].day <= day <= until), until + 1]


def compound(balance: Balance, day: int, *, is_capitalised: bool) -> None:
    """Let the interest due earn interest, as principal or as what it is."""
    before = balance.owed()
    _, due, _ = before
    if not is_capitalised:
        balance.overdue = max(due, 0)
    elif due > 0:
        balance.principal += due
        balance.interest_capitalised += due
        parts = (due, 0, due, due, 0)
        balance.postings.append(Posting(None, day, "capitalisation", *parts, *before, *balance.owed()))


def post(balance: Balance, terms: Terms, move: Move) -> None:
    """Draw, or split a payment by the contract's order."""
    before, charged = balance.owed(), balance.fee_charged
    parts = {"fee": 0, "interest": 0, "principal": 0}
    if move.amount > 0:
        kind, parts["principal"] = "drawdown", move.amount
        balance.principal += move.amount
        balance.fee_charged += half_up(move.amount * terms.upfront_fee, RATE)
    else:
        kind, paid = "payment", -move.amount
        if move.stated == "fee":
            balance.fee_charged += max(paid - balance.fee, 0)
        parts |= split(balance, terms, paid, move.stated)
        balance.fee_paid += parts["fee"]
        balance.interest_paid += parts["interest"]
        balance.overdue = max(balance.overdue - parts["interest"], 0)
        balance.principal -= parts["principal"]
        is_early = terms.matures is not None and move.day < terms.matures
        if is_early and parts["principal"] and balance.principal <= 0 < before[0]:
            balance.fee_charged += half_up(before[0] * terms.early_fee, RATE)
    charged = balance.fee_charged - charged
    split_parts = (parts["fee"], parts["interest"], parts["principal"], charged)
    amount = abs(move.amount)
    balance.postings.append(
        Posting(move.sequence, move.day, kind, amount, *split_parts, *before, *balance.owed())
    )


def split(balance: Balance, terms: Terms, paid: int, stated: str | None) -> dict[str, int]:
    """Split a payment: by the contract's order, the rest to principal; without a rate as it says itself."""
    if terms.day_count is None:
        return {stated or "principal": paid}
    principal, interest, fee = balance.owed()
    due = {"principal": max(principal, 0), "interest": max(interest, 0), "fee": fee}
    parts, left = {}, paid
    for part in terms.payment_order:
        parts[part] = min(left, due[part])
        left -= parts[part]
    parts["principal"] += left
    return parts


def half_up(numerator: int, denominator: int) -> int:
    """Divide, and round a half up."""
    return (2 * numerator + denominator) // (2 * denominator)
