"""How much of a year a day is, and when periods begin. Days are ordinals, `date.toordinal()`."""

from bisect import bisect_left, bisect_right
from datetime import date
from functools import cache

DAYS = 1_603_080  # lcm(360, 365, 366): a day's share of a year has this denominator under each day count
DAY_COUNTS = ("act/360", "act/365", "act/act", "30/360")
PERIODS = {"none": 0, "daily": 0, "monthly": 1, "quarterly": 3, "yearly": 12}  # months
LATEST = 2200  # no loan runs longer


def weight(day_count: str, start: int, end: int) -> int:
    """Return the weight of the days from `start` up to and without `end`, in DAYS of a year.

    For act/act (ISDA: a day is 1/366 of a leap year, 1/365 of any other) both must lie in one calendar year,
    or `end` be the first day of the next. 30/360 is 30E/360: the 31st counts as the 30th.
    """
    if day_count == "act/360":
        return (end - start) * (DAYS // 360)
    if day_count == "act/365":
        return (end - start) * (DAYS // 365)
    if day_count == "act/act":
        return (end - start) * (DAYS // days_of_year(date.fromordinal(start).year))
    return (thirties(end) - thirties(start)) * (DAYS // 360)


def days_of_year(year: int) -> int:
    """Return 365, or 366 for a leap year."""
    return date(year + 1, 1, 1).toordinal() - date(year, 1, 1).toordinal()


def thirties(day: int) -> int:
    """Return a day's number in a calendar of twelve months of 30 days."""
    as_date = date.fromordinal(day)
    return 360 * as_date.year + 30 * as_date.month + min(as_date.day, 30)


def period_starts(period: str, after: int, until: int) -> list[int]:
    """Return the first days of calendar periods later than `after`, up to and with `until`."""
    if period == "daily":
        return list(range(after + 1, until + 1))
    starts = first_days(PERIODS[period])
    return starts[bisect_right(starts, after) : bisect_left(starts, until + 1)]


@cache
def first_days(months: int) -> list[int]:
    """Return the first days of all calendar periods of so many months, from the first bitcoin on."""
    if months == 0:
        return []
    return [
        date(year, month, 1).toordinal() for year in range(2009, LATEST) for month in range(1, 13, months)
    ]
