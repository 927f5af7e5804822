"""`coffer explain`: the story of one number as a tree, down to the files and rows that it rests on.

Every figure stands in a mart as it is shown; nothing is computed here.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from duckdb import DuckDBPyConnection
from rich.text import Text
from rich.tree import Tree

from dagster_project.storage.database import printable

SHOWN = 12  # branches of one kind before it says how many more there are
SUGGESTED = 8

Row = dict[str, object]


class Marts(NamedTuple):
    """The published marts, asked for rows."""

    connection: DuckDBPyConnection

    def rows(self, query: str, *values: object) -> list[Row]:
        answer = self.connection.execute(query, values)
        columns = [column[0] for column in answer.description]
        return [dict(zip(columns, values, strict=True)) for values in answer.fetchall()]


def explain(connection: DuckDBPyConnection, wanted: str) -> Tree | None:
    """The tree of a disposal, a repayment, a payment for a project, a lot or an event, if there is one."""
    marts = Marts(connection)
    for mart, key, story in STORIES:
        if rows := marts.rows(f"from {mart} where {key} = ? order by all", wanted):
            return story(marts, rows)
    return None


def similar(connection: DuckDBPyConnection, wanted: str) -> list[str]:
    """Ids that contain what was asked for, the shortest first."""
    ids = " union ".join(f"select {key} as id from {mart}" for mart, key, _ in STORIES)
    query = f"select id from ({ids}) where contains(lower(id), lower(?)) order by length(id), id limit ?"
    return [str(row["id"]) for row in Marts(connection).rows(query, wanted, SUGGESTED)]


def _disposal(marts: Marts, rows: list[Row]) -> Tree:
    [it] = rows
    tree = _tree(
        f"{it['company_id']}, {_day(it['disposed_at'])}: {_units(it)} left by {it['disposal_type']}"
        f" (book {it['book']}, {it['method']})",
        it,
    )
    _add(
        tree,
        f"proceeds {_usd(it['gross_proceeds_usd'])}, less fee {_usd(it['fee_usd'])}:"
        f" {_usd(it['net_proceeds_usd'])}",
    )
    _add(
        tree,
        f"cost {_usd(it['cost_usd'])}, realized gain {_usd(it['realized_gain_usd'])}"
        + ("" if it["is_cost_complete"] else "; a part of the cost is unknown"),
    )
    _source(marts, tree, it["event_id"])
    lots = marts.rows(
        "select slices.*, lots.event_id from disposal_lots as slices left join lots using (book, lot_id) "
        "where disposal_id = ? order by match_no",
        it["disposal_id"],
    )
    _branches(tree, "lots that were taken", lots, lambda branch, lot: _slice(marts, branch, lot))
    uses = marts.rows("from proceeds_uses where inflow_id = ? order by used_at, use_id", it["event_id"])
    _branches(tree, "what the money paid", uses, lambda branch, use: _use(marts, branch, use))
    return tree


def _slice(marts: Marts, branch: Tree, lot: Row) -> None:
    if lot["lot_id"] is None:
        _add(branch, f"{_units(lot)} that nobody has seen arriving: no lot, no cost")
        return
    term = "long" if lot["is_long_term"] else "short"
    twig = _add(
        branch,
        f"{_units(lot)} of {_day(lot['acquired_at'])}, held {lot['days_held']} days ({term} term):"
        f" cost {_usd(lot['cost_usd'])}, gain {_usd(lot['realized_gain_usd'])} · {lot['basis']}",
    )
    _source(marts, twig, lot["event_id"])


def _use(marts: Marts, branch: Tree, use: Row) -> None:
    when = f", {_day(use['used_at'])}" if use["used_at"] else ""
    twig = _add(branch, f"{_usd(use['amount_usd'])} {use['use_kind']}{when} · {use['basis']}")
    if use["used_at"]:
        _source(marts, twig, use["use_id"])


def _repayment(marts: Marts, rows: list[Row]) -> Tree:
    [it] = rows
    tree = _tree(
        f"{it['company_id']}, {_day(it['repaid_at'])}: {_usd(it['amount_usd'])} paid to {it['lender']}", it
    )
    _add(
        tree,
        f"principal {_usd(it['principal_usd'])}, interest {_usd(it['interest_usd'])},"
        f" fees {_usd(it['fee_usd'])}",
    )
    _add(
        tree,
        f"principal {_usd(it['principal_before_usd'])} → {_usd(it['principal_after_usd'])},"
        f" loan-to-value {_plain(it['ltv_before_ratio'])} → {_plain(it['ltv_after_ratio'])}",
    )
    _add(
        tree,
        f"collateral {_plain(it['collateral_before_quantity'])} → {_plain(it['collateral_after_quantity'])}",
    )
    _source(marts, tree, it["event_id"])
    paths = marts.rows(
        "select * exclude (book), string_agg(book, ', ' order by book) as books from lineage_of_funds "
        "where use_id = ? and use_account in (select account_id from ledger where event_id = ?) "
        "group by all order by inflow_at, inflow_id, match_no",
        it["event_id"],
        it["event_id"],
    )
    _branches(tree, "whose money", paths, lambda branch, path: _path(marts, branch, path))
    return tree


def _path(marts: Marts, branch: Tree, path: Row) -> None:
    text = f"{_usd(path['amount_usd'])} of {path['inflow_kind']} {path['inflow_id']} · {path['basis']}"
    if path["lot_id"]:
        text += (
            f", {_units(path)} of {_day(path['acquired_at'])} ({path['origin_type']}; book {path['books']})"
        )
    twig = _add(branch, text)
    if path["inflow_at"]:
        _source(marts, twig, path["origin_id"] or path["inflow_id"])


def _capex(marts: Marts, rows: list[Row]) -> Tree:
    it = rows[0]
    tree = _tree(f"{it['company_id']}, {_day(it['paid_at'])}: paid for {it['project_name']}", it)
    _source(marts, tree, it["capex_id"])
    _branches(tree, "whose money", rows, lambda branch, part: _part(marts, branch, part))
    return tree


def _part(marts: Marts, branch: Tree, part: Row) -> None:
    twig = _add(
        branch, f"{_usd(part['amount_usd'])} of {part['inflow_kind']} {part['inflow_id']} · {part['basis']}"
    )
    if part["inflow_at"]:
        _source(marts, twig, part["inflow_id"])


def _lot(marts: Marts, rows: list[Row]) -> Tree:
    it = rows[0]
    tree = _tree(
        f"{_units(it)} acquired {_day(it['acquired_at'])}, cost {_usd(it['cost_usd'])}",
        it,
    )
    _source(marts, tree, it["event_id"])
    for lot in rows:
        _add(
            tree,
            f"book {lot['book']}: {_plain(lot['quantity_left'])} left, cost {_usd(lot['cost_left_usd'])}",
        )
    slices = marts.rows("from disposal_lots where lot_id = ? order by disposed_at, disposal_id", it["lot_id"])
    _branches(
        tree,
        "what was sold of it",
        slices,
        lambda branch, part: _add(
            branch, f"{_units(part)}, {_day(part['disposed_at'])}: {part['disposal_id']}"
        ),
    )
    return tree


def _event(marts: Marts, rows: list[Row]) -> Tree:
    [it] = rows
    tree = _tree(
        f"{it['company_id']}, {_day(it['occurred_at'])}: {it['event_type']}, {_usd(it['value_usd'])}", it
    )
    _source(marts, tree, it["event_id"])
    legs = marts.rows("from ledger where event_id = ? order by leg_no", it["event_id"])
    _branches(
        tree,
        "legs",
        legs,
        lambda branch, leg: _add(
            branch, f"{_plain(leg['quantity'])} {leg['asset_id']} in {leg['account_id']}"
        ),
    )
    return tree


STORIES: tuple[tuple[str, str, Callable[[Marts, list[Row]], Tree]], ...] = (
    ("disposals", "disposal_id", _disposal),
    ("loan_repayments", "repayment_id", _repayment),
    ("capex_allocations", "capex_id", _capex),
    ("lots", "lot_id", _lot),
    ("events", "event_id", _event),
)


def _source(marts: Marts, tree: Tree, event_id: object) -> None:
    """The row of a file that an event stands in."""
    for event in marts.rows("from events where event_id = ?", event_id):
        where = (
            f"{event['source_file']}, row {event['source_row']}, SHA-256 {str(event['source_sha256'])[:16]}…"
        )
        _add(tree, where, "dim")


def _branches(tree: Tree, title: str, rows: list[Row], show: Callable[[Tree, Row], object]) -> None:
    if not rows:
        return
    branch = _add(tree, f"{title} ({len(rows)})", "bold")
    for row in rows[:SHOWN]:
        show(branch, row)
    if len(rows) > SHOWN:
        _add(branch, f"and {len(rows) - SHOWN:,} more", "dim")


def _tree(title: str, row: Row) -> Tree:
    mark = " (illustrative)" if row.get("is_illustrative") else ""
    return Tree(Text(printable(title + mark), style="bold"))


def _add(tree: Tree, text: str, style: str = "") -> Tree:
    return tree.add(Text(printable(text), style=style))


def _units(row: Row) -> str:
    return f"{_plain(row['quantity'])} {row['asset_id']}"


def _day(value: date | datetime | object) -> str:
    return f"{value:%Y-%m-%d}"


def _usd(value: Decimal | object) -> str:
    return "unknown" if value is None else f"{value:,.2f} USD"


def _plain(value: Decimal | object) -> str:
    """A number with all its digits and none of the zeros behind them."""
    if value is None:
        return "unknown"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
