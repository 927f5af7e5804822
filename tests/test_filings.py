"""Roll-forwards that companies published, reproduced by `fair_value_monthly`.

Each case of reference/filings_rollforwards.csv becomes a company: its opening, additions and dispositions as
events at the amounts that it published, and a price that gives its closing fair value. What the mart then
calls gains less losses, over the months of the period, must be the change in fair value of the filing.
"""

import csv
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dagster_project.database import connect
from dagster_project.landing import land
from dagster_project.settings import ROOT, Settings
from dagster_project.warehouse import build_warehouse

CHANGES = {
    "fair_value_change",
    "cumulative_effect_asu_2023_08",
    "realized_gain",
    "impairment",
    "gain_on_collateral",
}
UNITS = {"opening": 1000, "addition": 100, "disposal": 10}  # where the filing publishes no units


@dataclass
class Filing:
    """One roll-forward in US dollars; `flows` are (line, signed units, signed amount)."""

    start: str
    end: str
    is_in_thousands: bool
    flows: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)
    change: Decimal = Decimal(0)
    closing: Decimal = Decimal(0)

    @property
    def units(self) -> Decimal:
        return sum((units for _, units, _ in self.flows), Decimal(0))


def _filings() -> dict[str, Filing]:
    filings: dict[str, Filing] = {}
    rows = defaultdict(list)
    for row in csv.DictReader((ROOT / "tests/reference/filings_rollforwards.csv").open()):
        rows[row["case"]].append(row)
    for case, lines in rows.items():
        filing = filings[case] = Filing(
            lines[0]["period_start"], lines[0]["period_end"], lines[0]["unit"] == "USD thousands"
        )
        has_units = any(line["quantity"] for line in lines)
        for line in lines:
            amount = Decimal(line["amount"]) * (1000 if filing.is_in_thousands else 1)
            if line["line"] == "closing":
                filing.closing = amount
            elif line["line"] in CHANGES:
                filing.change += amount
            elif amount:
                kind = "opening" if line["line"] == "opening" else "addition" if amount > 0 else "disposal"
                units = Decimal(line["quantity"]) if has_units else UNITS[kind] * amount / abs(amount)
                filing.flows.append((line["line"], units, amount))
    return filings


FILINGS = _filings()


@pytest.fixture(scope="module")
def rolled(tmp_path_factory) -> dict[str, tuple]:
    """Case → (fair value change, closing quantity, closing fair value) as the mart has them."""
    folder = tmp_path_factory.mktemp("filings")
    settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=folder / "seeds")
    shutil.copytree(ROOT / "seeds", settings.seeds)
    (settings.inbox / "treasury_csv").mkdir(parents=True)
    _write_house(settings)
    land(settings, datetime(2026, 11, 23, tzinfo=UTC), settle_seconds=0)
    build_warehouse(settings)
    with connect(settings.warehouse, read_only=True) as connection:
        assert connection.execute("select message from marts.rejected_rows").fetchall() == []
        rows = connection.execute(
            "select company_id, sum(gains_usd - losses_usd), arg_max(closing_quantity, month), "
            "arg_max(closing_usd, month) from marts.fair_value_monthly group by company_id"
        ).fetchall()
    return {case: tuple(figures) for case, *figures in rows}


def _write_house(settings: Settings) -> None:
    """One company and one asset per case; every flow on the first day, the price then and on the last."""
    events, prices = settings.inbox / "treasury_csv/events.csv", settings.inbox / "treasury_csv/prices.csv"
    header = (ROOT / "data/sample/treasury_csv/events.csv").open().readline().strip().split(",")
    for name in (
        "designated_uses",
        "reported_holdings",
        "loan_terms",
        "projects",
        "accounts",
        "lot_policies",
        "companies",
    ):
        seed = settings.seeds / f"{name}.csv"
        seed.write_text(seed.read_text().splitlines()[0] + "\n")
    lines = {
        "events": [",".join(header)],
        "prices": ["asset_id,quote_asset,priced_at,price,convention,source_url"],
    }
    seeds = defaultdict(list)
    for case, filing in FILINGS.items():
        asset = case.upper()
        seeds["companies"].append(f"{case},{case},,12-31,UTC,")
        seeds["accounts"] += [f"{case}:custody,{case},custody,,,,", f"{case}:elsewhere,{case},equity,,,,"]
        seeds["assets"].append(f"{asset},{case},8,other,,")
        seeds["lot_policies"].append(f"{case},gaap,*,fifo,company,2009-01-03")
        for number, (line, units, amount) in enumerate(filing.flows):
            ends = [f"{case}:elsewhere", f"{case}:custody"][:: 1 if amount > 0 else -1]
            row = {
                "event_id": f"{case}-{number}",
                "company_id": case,
                "event_type": "opening_balance" if line == "opening" else "transfer",
            }
            row |= {
                "occurred_at": f"{filing.start}T{number:02}:00:00Z",
                "from_account": ends[0],
                "to_account": ends[1],
            }
            row |= {
                "from_asset": asset,
                "to_asset": asset,
                "from_quantity": f"{abs(units)}",
                "to_quantity": f"{abs(units)}",
            }
            row |= {"value_usd": f"{abs(amount)}", "note": line}
            lines["events"].append(",".join(row.get(column, "") for column in header))
        price = (filing.closing / filing.units).quantize(Decimal("1e-8"))
        lines["prices"] += [
            f"{asset},USD,{day}T23:59:59Z,{price},closing," for day in (filing.start, filing.end)
        ]
    for name, rows in seeds.items():
        with (settings.seeds / f"{name}.csv").open("a") as file:
            file.write("\n".join(rows) + "\n")
    events.write_text("\n".join(lines["events"]) + "\n")
    prices.write_text("\n".join(lines["prices"]) + "\n")


def test_there_are_twelve_filings():
    assert len(FILINGS) == 12


@pytest.mark.parametrize("case", FILINGS)
def test_the_change_in_fair_value_is_what_the_company_published(rolled, case):
    filing = FILINGS[case]
    change, quantity, closing = rolled[case]
    assert (closing, quantity) == (filing.closing, filing.units)
    # Lines rounded to thousands may foot one thousand apart (CleanSpark's receivable does); dollars may not.
    assert abs(change - filing.change) <= (1000 if filing.is_in_thousands else 0)


def test_riot_s_units_of_2023_are_its_own(rolled):
    assert rolled["riot_fy2023"][1:] == (Decimal(7362), Decimal("311178000.00"))
