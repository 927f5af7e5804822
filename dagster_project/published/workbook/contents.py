"""What stands in a workbook: which marts are sheets, and which laws their cells must satisfy."""

from collections.abc import Callable
from dataclasses import dataclass

from dagster_project.storage.database import text


@dataclass(frozen=True)
class Sheet:
    """One mart as a sheet: the rows of a company, `$1`, in an order that a person expects."""

    mart: str
    order: str
    rows: str = "company_id = $1"

    def query(self) -> str:
        """SQL; rows that tie stand in the order of the mart's key, which is that of the published file."""
        return f"from coffer.marts.{self.mart} where {self.rows} order by {self.order}, rowid"


# A refused row has no company. Those of files that speak of one company belong to it; where no row of a file
# was an event, nobody knows whose it is, and every company sees it.
OF_ITS_FILES = """
    source_sha256 not in (select source_sha256 from coffer.marts.events where company_id <> $1)
    or source_sha256 in (select source_sha256 from coffer.marts.events where company_id = $1)
"""

# What is left out says the same by the day or by the leg (positions_daily, loans_daily, ledger), or has no
# figures of a company (files, ignored_rows, price_breaks, reporting_companies): the DuckDB and Parquet files
# have all.
SHEETS = (
    Sheet("disposals", "disposed_at, book"),
    Sheet("disposal_lots", "disposed_at, book, disposal_id, match_no"),
    Sheet("lots", "acquired_at, book"),
    Sheet("open_lots", "acquired_at, book"),
    Sheet("method_comparison", "disposed_on, book"),
    Sheet("fair_value_monthly", "month, book, asset_id"),
    Sheet("encumbrances", "month, asset_id, status"),
    Sheet("stablecoins_held", "asset_id"),
    Sheet("loans", "opened_on"),
    Sheet("loan_repayments", "repaid_at"),
    Sheet("repayment_allocations", "repaid_at, inflow_at"),
    Sheet("loan_events", "occurred_at"),
    Sheet("loan_stress", "loan_id, move_ratio desc"),
    Sheet("capex_projects", "project_id"),
    Sheet("capex_allocations", "paid_at, inflow_at"),
    Sheet("capex_monthly", "month, project_id"),
    Sheet("capex_budgets", "period_from, project_id"),
    Sheet("commitments", "committed_on"),
    Sheet("proceeds_uses", "inflow_at, used_at"),
    Sheet("sources_and_uses", "quarter_start, side"),
    Sheet("lineage_of_funds", "used_at, book"),
    Sheet("transfers", "coalesce(sent_at, received_at)"),
    Sheet("reconciliation", "as_of, account_id"),
    Sheet("rejected_rows", "source_file, source_row", OF_ITS_FILES),
    Sheet("restatements", "old_landed_at", "coalesce(nullif(company_id, ''), $1) = $1"),
    Sheet("events", "occurred_at"),
)


KNOWN = "<>"  # the criterion by which a spreadsheet takes cells that are not empty


@dataclass(frozen=True)
class Sum:
    """The sum of a column in dollars over the rows in which other columns have a value, or are KNOWN."""

    mart: str
    column: str
    where: tuple[tuple[str, str], ...] = ()

    def sql(self) -> str:
        """The sum from the published file, for the company `$1`."""
        conditions = ["company_id = $1", *(_condition(column, value) for column, value in self.where)]
        rows = f"coffer.marts.{self.mart} where {' and '.join(conditions)}"
        return f"coalesce((select sum({self.column}) from {rows}), 0)"

    def formula(self, cells: Callable[[str, str], str]) -> str:
        """The sum from the workbook; `cells` finds the range of a mart's column."""
        summed = cells(self.mart, self.column)
        only = "".join(f',{cells(self.mart, column)},"{value}"' for column, value in self.where)
        return f"SUMIFS({summed}{only})" if only else f"SUM({summed})"


def _condition(column: str, value: str) -> str:
    return f"{column} is not null" if value == KNOWN else f"{column} = {text(value)}"


@dataclass(frozen=True)
class Law:
    """A sentence whose two sides are one figure."""

    sentence: str
    left: tuple[Sum, ...]
    right: tuple[Sum, ...]


def _of_rows(sentence: str, mart: str, left: tuple[str, ...], right: tuple[str, ...]) -> Law:
    """A law of every row of a mart, wherever all of its figures are known."""
    known = tuple((column, KNOWN) for column in (*left, *right))
    return Law(sentence, *(tuple(Sum(mart, column, known) for column in side) for side in (left, right)))


def _side(side: str) -> Sum:
    return Sum("sources_and_uses", "amount_usd", (("side", side),))


LAWS = (
    _of_rows(
        "Gross proceeds are fees and net proceeds",
        "disposals",
        ("gross_proceeds_usd",),
        ("fee_usd", "net_proceeds_usd"),
    ),
    _of_rows(
        "Net proceeds less cost are the gain",
        "disposals",
        ("net_proceeds_usd",),
        ("cost_usd", "realized_gain_usd"),
    ),
    Law(
        "The slices of lots received what their disposals did",
        (Sum("disposal_lots", "proceeds_usd"),),
        (Sum("disposals", "net_proceeds_usd"),),
    ),
    Law(
        "What lots cost was taken by disposals or is left",
        (Sum("lots", "cost_usd"),),
        (Sum("disposal_lots", "cost_usd"), Sum("lots", "absorbed_cost_usd"), Sum("lots", "cost_left_usd")),
    ),
    Law(
        "What is left of lots is in the open lots",
        (Sum("lots", "cost_left_usd"),),
        (Sum("open_lots", "cost_left_usd"),),
    ),
    Law(
        "The comparison of methods shows the gains that were booked",
        (Sum("method_comparison", "realized_gain_usd"),),
        (Sum("disposals", "realized_gain_usd"),),
    ),
    _of_rows(
        "Fair values roll forward",
        "fair_value_monthly",
        ("opening_usd", "additions_usd", "gains_usd"),
        ("disposals_usd", "losses_usd", "closing_usd"),
    ),
    _of_rows(
        "Payments to lenders are principal, interest and fees",
        "loan_repayments",
        ("amount_usd",),
        ("principal_usd", "interest_usd", "fee_usd"),
    ),
    Law(
        "Every payment to a lender has its sources, the unknown one included",
        (Sum("loan_repayments", "amount_usd"),),
        (Sum("repayment_allocations", "amount_usd"),),
    ),
    Law(
        "What projects paid has its sources, the unknown one included",
        (Sum("capex_projects", "paid_usd"),),
        (Sum("capex_allocations", "amount_usd"),),
    ),
    _of_rows(
        "Construction in progress rolls forward",
        "capex_monthly",
        ("opening_usd", "paid_usd", "capitalised_interest_usd"),
        ("returned_usd", "placed_in_service_usd", "closing_usd"),
    ),
    Law(
        "All money that was there and came in was used or is left",
        (_side("opening"), _side("source")),
        (_side("use"), _side("closing")),
    ),
)
