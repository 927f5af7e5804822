"""What is owed on which day, and what did each payment pay? The loan engine: Arrow in, integers, Arrow out.

Amounts are whole numbers of a unit that the caller chooses (cents, satoshi), rates are 1e-8 a year. The
engine knows no asset, no company and no file, and imports nothing else of ours.

What was chosen, and why:

- *From breakpoint to breakpoint.* Between two movements, rate changes, compounding dates (and new years, for
  act/act) nothing changes, so a loan is a list of segments that SQL expands to days in closed form. Only
  daily compounding has a segment a day.
- *Interest is a fraction until it is posted.* A day weighs so many 1,603,080ths of a year (the least common
  multiple of 360, 365 and 366), so a numerator of integers is exact. Interest to date is rounded half up
  once; what is posted (paid or capitalised) is that minus what was posted before, so that nothing drifts.
- *A day accrues on the principal at its end*: the day of a drawdown counts, the day of a repayment does not.
  A payment meets the interest of the days before it.
- *Interest on interest starts on the first day of the next calendar period*: capitalised interest becomes
  principal on that day; interest that is to be paid earns interest from then on until it is paid, oldest
  first.
- *What exceeds everything owed lessens the principal*, below zero if need be, and earns nothing there.
- *A payment that calls itself a fee proves its fee*: what it exceeds the fees due by is charged by it. So a
  fee that no terms mention (an amendment, a wire) does not repay principal.
- *Terms without a rate decide nothing*: each payment is then what it says it is.
"""

from dagster_project.loans.calendars import DAY_COUNTS, PERIODS
from dagster_project.loans.columns import MOVES, POSTINGS, RATES, SEGMENTS, TERMS, Walked, walk_loans
from dagster_project.loans.walk import YEAR

__all__ = [
    "DAY_COUNTS",
    "MOVES",
    "PERIODS",
    "POSTINGS",
    "RATES",
    "SEGMENTS",
    "TERMS",
    "YEAR",
    "Walked",
    "walk_loans",
]
