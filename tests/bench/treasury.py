"""A treasury of any size: the events, prices, statements and seeds of three companies over six years.

    python tests/bench/treasury.py FOLDER --events 1000000 --deck treasury

writes `FOLDER/inbox` and `FOLDER/seeds`. The same arguments give the same bytes. The more events, the smaller
their amounts: a treasury of 2,000 events mines as many coins as one of ten million. In the deck `money`, nine
events of ten move dollars.
"""

import argparse
import csv
import shutil
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random

from company import COIN, DAYS, DECKS, SOURCE_URL, START, Balance, Company, Event, decimal, iso

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
TRUE_OF_ALL = ("assets", "event_types")  # the seeds that a made-up company needs as they are

# The share of the events in percent, and the books: name, method, pool scope.
COMPANIES = {
    "northfield": (50, [("gaap", "fifo", "company")]),
    "ridgeway": (30, [("gaap", "specific", "company")]),
    "saltmarsh": (20, [("gaap", "fifo", "company"), ("tax", "fifo", "account")]),
}
MINED = 40_000 * COIN  # by all companies together
KINDS = ("custody", "exchange", "cash", "collateral", "loan", "income", "expense", "capex")
LOAN_TERMS = {
    "lender": "made up",
    "principal_asset": "USD",
    "collateral_asset": "BTC",
    "opened_on": "2020-01-01",
    "annual_rate": "0.08",
    "day_count": "act/360",
    "initial_ltv_ratio": "0.50",
    "margin_call_ltv_ratio": "0.70",
    "cure_ltv_ratio": "0.60",
    "liquidation_ltv_ratio": "0.80",
    "lender_may_rehypothecate": "false",
}


def write_treasury(folder: Path, events: int, deck: str, seed: int) -> None:
    """Write the inbox and the seeds of a treasury with this many events (a multiple of 10) below `folder`."""
    inbox = folder / "inbox" / "treasury_csv"
    prices = walk_of_prices(Random(seed))
    write_prices(inbox, prices)
    companies = [
        Company(
            name,
            size=events * share // 100,
            prices=prices,
            largest_reward=4 * MINED // events,  # every second event is a reward
            names_lots=any(method == "specific" for _, method, _ in books),
            random=Random(f"{seed} {name}"),
            deck=deck,
        )
        for name, (share, books) in COMPANIES.items()
    ]
    for company in companies:
        path = inbox / f"events-{company.name}.csv"
        write_csv(path, Event._fields, islice(company.history(), company.size))
    balances = (balance for company in companies for balance in company.balances)
    write_csv(inbox / "balances.csv", Balance._fields, balances)
    write_seeds(folder / "seeds", _seed_rows(companies))


def walk_of_prices(random: Random) -> list[int]:
    """A walk through the days, in cents."""
    prices = [7_200_00]
    while len(prices) < DAYS:
        prices.append(max(3_000_00, prices[-1] * (10_000 + random.randint(-280, 325)) // 10_000))
    return prices


def write_prices(inbox: Path, prices: list[int]) -> None:
    """Write what one BTC costs, a row a day, into a new folder of the inbox."""
    inbox.mkdir(parents=True)
    write_csv(
        inbox / "prices.csv",
        ("asset_id", "quote_asset", "priced_at", "price", "convention", "source_url"),
        (
            ("BTC", "USD", iso(START + timedelta(days=day)), decimal(price, "USD"), "made up", SOURCE_URL)
            for day, price in enumerate(prices)
        ),
    )


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a file as the inbox wants it."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_seeds(folder: Path, rows: dict[str, list[dict[str, str]]]) -> None:
    """Write the house's seeds with these rows alone, by seed; what nothing is said of stays empty."""
    folder.mkdir()
    for seed in SEEDS.glob("*.csv"):
        if seed.stem in TRUE_OF_ALL:
            shutil.copy(seed, folder)
            continue
        with seed.open(newline="") as file:
            header = next(csv.reader(file))
        write_csv(
            folder / seed.name,
            header,
            ([row.get(column, "") for column in header] for row in rows.get(seed.stem, ())),
        )


def _seed_rows(companies: list[Company]) -> dict[str, list[dict[str, str]]]:
    rows = defaultdict(list)
    for name, (_, books) in COMPANIES.items():
        own = {"company_id": name, "name": name, "is_illustrative": "true", "source_url": SOURCE_URL}
        loan, site = {"loan_id": f"{name}_loan"}, {"project_id": f"{name}_site"}
        rows["companies"].append(own | {"fiscal_year_end": "12-31", "reporting_timezone": "UTC"})
        rows["loan_terms"].append(own | loan | LOAN_TERMS)
        rows["projects"].append(own | site | {"project_kind": "mining"})
        rows["accounts"].append(own | {"account_id": f"{name}:expense:fees", "kind": "expense"})
        for kind in KINDS:
            of = {"loan": loan, "collateral": loan, "capex": site}.get(kind, {})
            rows["accounts"].append(own | of | {"account_id": f"{name}:{kind}", "kind": kind})
        for book, method, scope in books:
            policy = {"book": book, "asset_id": "*", "method": method, "pool_scope": scope}
            rows["lot_policies"].append(own | policy | {"effective_from": "2020-01-01"})
    for company in companies:
        rows["designated_uses"] += [use._asdict() for use in company.designated_uses]
        rows["reported_holdings"] += [holding._asdict() for holding in company.holdings]
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--deck", choices=DECKS, default="treasury")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    write_treasury(arguments.folder, arguments.events, arguments.deck, arguments.seed)
