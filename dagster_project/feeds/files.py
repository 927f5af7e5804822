"""What feeds have fetched, as files in their own inbox: landing is the only door.

    fetched/feeds/prices__kraken-btc-usd__2026-11-01__2026-11-22.csv
                  balances__esplora__block-922000.csv

A feed goes on after the last day that a name bears. There is no other cursor, so none can be wrong: a run
that is killed has left either a whole file or none.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from dagster_project.feeds.balances import Balance
from dagster_project.feeds.prices import Price, PriceFeed

SOURCE = "feeds"
PRICES = ("asset_id", "quote_asset", "priced_at", "price", "convention", "source_url", "venue")
BALANCES = ("account_id", "asset_id", "as_of", "quantity", "statement", "source_url", "venue")


def last_day(fetched: Path, feed_id: str) -> date | None:
    """The last day of which a feed's files hold a price."""
    names = [path.stem for path in (fetched / SOURCE).glob(f"prices__{feed_id}__*.csv")]
    return max((date.fromisoformat(name.rpartition("__")[2]) for name in names), default=None)


def write_prices(fetched: Path, feed: PriceFeed, url: str, convention: str, prices: Sequence[Price]) -> None:
    """One file of new days, at once; nothing where there is none."""
    if not prices:
        return
    name = f"prices__{feed.feed_id}__{prices[0].day}__{prices[-1].day}.csv"
    beside = (convention, url, feed.venue.removesuffix("_pro"))
    rows = [(feed.asset_id, feed.quote_asset, _utc(row.priced_at), row.price, *beside) for row in prices]
    _write(fetched / SOURCE / name, PRICES, rows)


def write_balances(fetched: Path, host: str, balances: Sequence[Balance]) -> None:
    """One file of all accounts at a block, at once."""
    name = f"balances__esplora__block-{balances[0].height}.csv"
    rows = [
        (row.account_id, "BTC", _utc(row.as_of), row.quantity, f"on-chain: {row.labels}", host, "esplora")
        for row in balances
    ]
    _write(fetched / SOURCE / name, BALANCES, rows)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The file is there whole, down to the disk, or not at all; landing passes over names with a dot."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.part")
    with staged.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _utc(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
