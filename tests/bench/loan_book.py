"""A book of loans of any size: five years of events and daily prices, and the terms of each loan.

    python tests/bench/loan_book.py FOLDER --loans 1000

writes `FOLDER/inbox` and `FOLDER/seeds`. The same arguments give the same bytes. Each loan has some ninety
events: it is drawn and secured on its first day, bears interest by the month (at a fixed rate, or one that
follows a reference), repays a part by the quarter, and moves collateral now and then.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from company import COIN, SOURCE_URL, START, UTC, Event, decimal, iso
from treasury import LOAN_TERMS, walk_of_prices, write_csv, write_prices, write_seeds

COMPANIES = 10
YEARS = 5
MONTHS = [date(START.year + month // 12, month % 12 + 1, 1) for month in range(12 * YEARS)]
END = date(START.year + YEARS, 1, 1)
DAY_COUNTS = ("act/360", "act/365", "act/act", "30/360")
INTEREST = ({}, {"compounding": "quarterly"}, {"compounding": "monthly", "interest_mode": "capitalised"})
KINDS = ("custody", "cash", "equity")


def write_loan_book(folder: Path, loans: int, seed: int) -> None:
    """Write the inbox and the seeds of so many loans below `folder`."""
    inbox = folder / "inbox" / "treasury_csv"
    prices = walk_of_prices(Random(seed))[: (END - START.date()).days]
    write_prices(inbox, prices)
    for number in range(min(COMPANIES, loans)):
        rows = (
            row._replace(event_id=f"c{number}-{place:06d}")
            for place, row in enumerate(_events(f"c{number}", range(number, loans, COMPANIES), prices, seed))
        )
        write_csv(inbox / f"events-c{number}.csv", Event._fields, rows)
    write_seeds(folder / "seeds", _seed_rows(loans, seed))


def _events(company: str, loans: range, prices: list[int], seed: int) -> Iterator[Event]:
    """What happens to the loans of one company, loan by loan."""
    for loan in loans:
        random, drawn = Random(f"{seed} {loan}"), 100_000_00
        coins = 2 * drawn * COIN // prices[0]
        yield _event(company, START.date(), "pledge", ("custody", f"collateral:{loan}"), "BTC", coins)
        yield _event(company, START.date(), "opening_balance", ("equity", "cash"), "USD", drawn)
        yield _event(company, START.date(), "opening_balance", ("equity", "custody"), "BTC", 2 * coins)
        yield _event(company, START.date(), "drawdown", (f"loan:{loan}", "cash"), "USD", drawn)
        for number, month in enumerate(MONTHS[1:], 1):
            paid = random.randint(300_00, 900_00)
            yield _event(company, month, "interest_payment", ("cash", f"loan:{loan}"), "USD", paid)
            if number % 3 == 0:
                middle = month + timedelta(days=random.randint(1, 27))
                repaid = random.randint(1, drawn // 30)
                yield _event(company, middle, "loan_repayment", ("cash", f"loan:{loan}"), "USD", repaid)
            if number % 6 == 0:
                sides = ("custody", f"collateral:{loan}")
                label, sides = random.choice((("pledge", sides), ("release", sides[::-1])))
                yield _event(company, month, label, sides, "BTC", random.randint(1, coins // 20))


def _event(company: str, day: date, label: str, sides: tuple[str, str], asset: str, units: int) -> Event:
    (sent, received), quantity = (f"{company}:{side}" for side in sides), decimal(units, asset)
    moment = iso(datetime.combine(day, time(15), UTC))
    return Event("", company, moment, label, sent, asset, quantity, received, asset, quantity)


def _seed_rows(loans: int, seed: int) -> dict[str, list[dict[str, str]]]:
    rows, random = defaultdict(list), Random(seed)
    for month in MONTHS[::2]:
        rate = {"reference_rate_id": "made up", "effective_from": str(month), "source_url": SOURCE_URL}
        rows["reference_rates"].append(rate | {"annual_rate": f"0.0{random.randint(10, 55)}"})
    for number in range(min(COMPANIES, loans)):
        company = f"c{number}"
        own = {"company_id": company, "name": company, "reporting_timezone": "UTC", "source_url": SOURCE_URL}
        rows["companies"].append(own | {"fiscal_year_end": "12-31"})
        policy = {"book": "gaap", "asset_id": "*", "method": "fifo", "pool_scope": "company"}
        rows["lot_policies"].append(own | policy | {"effective_from": "2020-01-01"})
        rows["accounts"] += [own | {"account_id": f"{company}:{kind}", "kind": kind} for kind in KINDS]
    for loan in range(loans):
        company = f"c{loan % COMPANIES}"
        own = {"loan_id": f"loan{loan}", "company_id": company, "is_illustrative": "true"}
        accrues = INTEREST[loan % 3] | {"day_count": DAY_COUNTS[loan % 4], "cure_hours": "24"}
        rows["loan_terms"].append(LOAN_TERMS | own | accrues | {"matures_on": str(END)})
        for kind in ("loan", "collateral"):
            rows["accounts"].append(own | {"account_id": f"{company}:{kind}:{loan}", "kind": kind})
        if loan % 2:
            floats = {"reference_rate_id": "made up", "floor_rate": "0.02", "spread": "0.04"}
            rows["loan_rates"].append(own | floats | {"effective_from": str(START.date())})
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loans", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    write_loan_book(arguments.folder, arguments.loans, arguments.seed)
