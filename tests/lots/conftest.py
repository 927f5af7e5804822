"""A statement of account is a test: what came, what left, which lots were matched, what is left.

    jan  +4 cost 200
    feb  +5 cost ?                        an unknown cost
    mar  -6 specific naming feb 2, jan    -> feb 2 cost ?, jan 4 cost 200
    left                                     feb 3 cost ?

The first word is the movement, and the lot that it opens. A second word names a pool where there are several:
`mar wallet -6 fifo`, `apr wallet > exchange 2 fifo` for a transfer, `left wallet  ...`. What came may be
earmarked: `reserved 3`. A match says `as <basis>` if the basis is not the method; `short 2` is a shortfall.
"""

import re
from collections.abc import Callable

import pyarrow as pa
import pytest

from dagster_project.lots import MOVEMENTS, Matched, match

POOL = "pool"
LINE = re.compile(
    r"(?P<id>\S+)\s+((?P<pool>[a-z]\w*)\s+)?(?P<sign>[+-]|> (?P<to_pool>\w+)) ?(?P<quantity>[\d,]+)"
    r"( cost (?P<cost>[\d,]+|\?))?( reserved (?P<reserved>[\d,]+))?( (?P<method>\w+))?"
    r"( naming (?P<picks>.*?))?(\s+-> (?P<matches>.*))?"
)
KINDS = {"+": "acquire", "-": "dispose", ">": "transfer"}


@pytest.fixture
def agrees() -> Callable[[str], None]:
    """Check that a statement is what the engine says."""

    def check(statement: str) -> None:
        movements, expected = parse(statement)
        assert tell(movements, match(pa.Table.from_pylist(movements, MOVEMENTS))) == expected

    return check


def parse(statement: str) -> tuple[list[dict], list[str]]:
    """Read a statement into movements, and what it expects in the words of `tell`."""
    movements, expected = [], []
    for line in filter(None, map(str.strip, statement.splitlines())):
        if line.startswith("left"):
            pool, left = re.fullmatch(r"left(?: ([a-z]\w*)(?=\s\s))?\s+(.*)", line).groups()
            expected.append(f"left {pool or POOL}: {left}")
            continue
        parts = LINE.fullmatch(line).groupdict()
        movements.append(movement(len(movements), parts))
        if parts["matches"]:
            expected.append(f"{parts['id']}: {parts['matches']}")
    return movements, expected


def movement(sequence: int, parts: dict[str, str | None]) -> dict:
    """Make a movement of a parsed line."""
    picks = [pick.split() for pick in (parts["picks"] or "").split(", ") if pick]
    return {
        "movement_id": parts["id"],
        "sequence": sequence,
        "kind": KINDS[parts["sign"][0]],
        "pool_id": parts["pool"] or POOL,
        "to_pool_id": parts["to_pool"],
        "quantity": number(parts["quantity"]),
        "cost": number(parts["cost"]),
        "reserved": number(parts["reserved"]),
        "method": parts["method"],
        "lot_picks": [{"lot_id": lot, "quantity": number(*some or "?")} for lot, *some in picks] or None,
    }


def number(text: str | None) -> int | None:
    """Read a quantity or a cost; None where it is unknown."""
    return None if text in (None, "?") else int(text.replace(",", ""))


def tell(movements: list[dict], matched: Matched) -> list[str]:
    """Say what was matched and what is left as a statement does: a line a movement, a line a pool."""
    methods = {each["movement_id"]: each["method"] for each in movements}
    lines: dict[str, list[str]] = {}
    for row in matched.matches.to_pylist():
        basis = "" if row["basis"] == methods[row["movement_id"]] else f" as {row['basis']}"
        text = f"{row['lot_id']} {row['quantity']:,} cost {cost(row['cost'])}{basis}"
        if row["lot_id"] is None:
            assert (row["cost"], row["basis"]) == (None, "shortfall")
            text = f"short {row['quantity']:,}"
        lines.setdefault(row["movement_id"], []).append(text)
    for row in matched.open_lots.to_pylist():
        text = f"{row['lot_id']} {row['quantity_left']:,} cost {cost(row['cost_left'])}"
        lines.setdefault(f"left {row['pool_id']}", []).append(text)
    return [f"{head}: {', '.join(texts)}" for head, texts in lines.items()]


def cost(cents: int | None) -> str:
    return "?" if cents is None else f"{cents:,}"
