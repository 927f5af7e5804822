"""A house for a company: the seeds with their headers, the company in them, and an inbox."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from dagster_project.settings import ROOT

METHODS = ("fifo", "lifo", "hifo", "lofo", "average", "specific")
SOURCE = "coffer init"


@dataclass(frozen=True)
class Company:
    """What the seeds must know of a company before its first file.

    `company_id` begins the ids of its accounts; `fiscal_year_end` is `MM-DD`; `time_zone`, in which its days
    end, is a name of the IANA database; `method` is one of METHODS, for the book `gaap`. Raises ValueError.
    """

    company_id: str
    name: str
    fiscal_year_end: str = "12-31"
    time_zone: str = "UTC"
    method: str = "fifo"

    def __post_init__(self) -> None:
        if not re.fullmatch("[a-z][a-z0-9_]*", self.company_id):
            raise ValueError(
                f"{self.company_id!r} is no id. Write small letters, digits and _, like acme_us."
            )
        if self.method not in METHODS:
            raise ValueError(f"{self.method!r} is no lot method. Choose one of {', '.join(METHODS)}.")
        if not re.fullmatch("(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", self.fiscal_year_end):
            raise ValueError(f"{self.fiscal_year_end!r} is no day of a year. Write MM-DD, like 06-30.")

    @property
    def rows(self) -> dict[str, list[dict[str, str]]]:
        """Its rows by seed: the company, one account of each kind that a first file needs, its lot policy."""
        company = {
            "name": self.name,
            "fiscal_year_end": self.fiscal_year_end,
            "reporting_timezone": self.time_zone,
        }
        policy = {
            "book": "gaap",
            "asset_id": "*",
            "method": self.method,
            "pool_scope": "company",
            "effective_from": "2009-01-03",
            "collateral_policy": "retain",
            "fee_policy": "disposal",
        }
        accounts = ("custody", "exchange", "cash", "income", "expense", "equity")
        return {
            "companies": [company],
            "accounts": [{"account_id": f"{self.company_id}:{kind}", "kind": kind} for kind in accounts],
            "lot_policies": [policy],
        }


def new_house(folder: Path, company: Company) -> None:
    """Write `seeds/` and an inbox into a folder. Raises FileExistsError where there are seeds already."""
    seeds = folder / "seeds"
    seeds.mkdir(parents=True)
    (folder / "inbox" / "treasury_csv").mkdir(parents=True, exist_ok=True)
    for seed in sorted((ROOT / "seeds").glob("*.csv")):
        header, _, _ = seed.read_text(encoding="utf-8").partition("\n")
        (seeds / seed.name).write_text(f"{header}\n", encoding="utf-8")
    for stem, rows in company.rows.items():
        path = seeds / f"{stem}.csv"
        columns = path.read_text(encoding="utf-8").strip().split(",")
        stated = {"company_id": company.company_id, "source_url": SOURCE}
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
            writer.writerows(stated | row for row in rows)
