"""A statement of account is a test: what came, what left, which lots were matched, what is left.

    jan  +4 cost 200
    feb  +5 cost ?                        an unknown cost
    mar  -6 specific naming feb 2, jan    -> feb 2 cost ?, jan 4 cost 200
    left                                     feb 3 cost ?

The first word is the movement, and the lot that it opens. A second word names a pool where there are several:
`mar wallet -6 fifo`, `apr wallet > exchange 2 fifo` for a transfer, `left wallet  ...`. What came may be
earmarked: `reserved 3`. A fee in coin that leaves its cost in the pool is `fee ~2 fifo`. A match says
`as <basis>` if the basis is not the method; `short 2` is a shortfall.
"""

import re
from collections import defaultdict
from collections.abc import Callable

import pytest

from dagster_project.lots import Matched
from tests.lots.ledgers import Ledger, match_both

POOL = "pool"
LINE = re.compile(
    r"(?P<name>\S+)\s+((?P<pool>[a-z]\w*)\s+)?(?P<sign>[+~-]|> (?P<to_pool>\w+)) ?(?P<quantity>[\d,]+)"
    r"( cost (?P<cost>[\d,]+|\?))?( reserved (?P<reserved>[\d,]+))?( (?P<method>\w+))?"
    r"( naming (?P<picks>.*?))?(\s+-> (?P<matches>.*))?"
)
KINDS = {"+": "acquire", "-": "dispose", ">": "transfer", "~": "absorb"}


@pytest.fixture
def agrees() -> Callable[[str], None]:
    """Check that a statement is what the engine says, be it plain or compiled."""

    def check(statement: str) -> None:
        lines, expected = parse(statement)
        assert tell(lines, match_both(*ledger(lines).tables())) == expected

    return check


def parse(statement: str) -> tuple[list[dict], list[str]]:
    """Read a statement into the parts of its movements, and what it expects in the words of `tell`."""
    lines, expected = [], []
    for line in filter(None, map(str.strip, statement.splitlines())):
        if line.startswith("left"):
            pool, left = re.fullmatch(r"left(?: ([a-z]\w*)(?=\s\s))?\s+(.*)", line).groups()
            expected.append(f"left {pool or POOL}: {left}")
            continue
        parts = LINE.fullmatch(line).groupdict()
        lines.append(parts)
        if parts["matches"]:
            expected.append(f"{parts['name']}: {parts['matches']}")
    return lines, expected


def ledger(lines: list[dict[str, str | None]]) -> Ledger:
    """Make a ledger of parsed lines, in that sequence; a name that is no line's is a lot nowhere."""
    sequences = defaultdict(lambda: len(lines), {each["name"]: number for number, each in enumerate(lines)})
    movements = [
        {
            "sequence": sequences[parts["name"]],
            "kind": KINDS[parts["sign"][0]],
            "pool_id": parts["pool"] or POOL,
            "to_pool_id": parts["to_pool"],
            "quantity": number(parts["quantity"]),
            "cost": number(parts["cost"]),
            "reserved": number(parts["reserved"]),
            "method": parts["method"],
        }
        for parts in lines
    ]
    picks = {}
    for parts in lines:
        named = [pick.split() for pick in (parts["picks"] or "").split(", ") if pick]
        picks[sequences[parts["name"]]] = [(sequences[lot], number(*some or "?")) for lot, *some in named]
    return Ledger(movements, picks)


def number(text: str | None) -> int | None:
    """Read a quantity or a cost; None where it is unknown."""
    return None if text in (None, "?") else int(text.replace(",", ""))


def tell(lines: list[dict], matched: Matched) -> list[str]:
    """Say what was matched and what is left as a statement does: a line a movement, a line a pool."""
    names = dict(enumerate(each["name"] for each in lines))
    said: dict[str, list[str]] = {}
    for row in matched.matches.to_pylist():
        movement = lines[row["sequence"]]
        basis = "" if row["basis"] == movement["method"] else f" as {row['basis']}"
        text = f"{names.get(row['lot_sequence'])} {row['quantity']:,} cost {cost(row['cost'])}{basis}"
        if row["lot_sequence"] is None:
            assert (row["cost"], row["basis"]) == (None, "shortfall")
            text = f"short {row['quantity']:,}"
        said.setdefault(movement["name"], []).append(text)
    for row in matched.open_lots.to_pylist():
        text = f"{names[row['lot_sequence']]} {row['quantity_left']:,} cost {cost(row['cost_left'])}"
        said.setdefault(f"left {row['pool_id']}", []).append(text)
    return [f"{head}: {', '.join(texts)}" for head, texts in said.items()]


def cost(cents: int | None) -> str:
    return "?" if cents is None else f"{cents:,}"
