"""Money that all inflows pay for together, by what is left of them, told as statements of account."""

from collections import Counter
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.lots import MOVEMENTS, PICKS, match, match_pro_rata
from tests.lots.conftest import ledger, parse, tell
from tests.lots.laws import LAWS, books_of
from tests.lots.ledgers import LARGE, SMALL, Ledger, ledgers
from tests.lots.test_brute_force import some


def agrees(statement: str) -> None:
    lines, expected = parse(statement)
    assert tell(lines, match_pro_rata(*ledger(lines).tables())) == expected


def test_inflows_pay_by_what_is_left_of_them():
    agrees("""
        sale    +50 cost 50
        loan    +30 cost 30
        repay   -40 pro_rata         -> sale 25 cost 25, loan 15 cost 15
        equity  +60 cost 60
        wages   -50 pro_rata         -> sale 13 cost 13, loan 7 cost 7, equity 30 cost 30
        left                            sale 12 cost 12, loan 8 cost 8, equity 30 cost 30
    """)


def test_cents_that_do_not_divide_still_add_up():
    agrees("""
        sale    +1 cost 1
        loan    +1 cost 1
        equity  +1 cost 1
        wages   -2 pro_rata          -> sale 1 cost 1, equity 1 cost 1
        left                            loan 1 cost 1
    """)


def test_what_was_named_pays_first_and_what_was_earmarked_pays_for_nothing_else():
    agrees("""
        equity  +40 cost 40 reserved 30
        sale    +30 cost 30
        capex   -20 pro_rata naming equity    -> equity 20 cost 20 as named
        wages   -20 pro_rata                  -> equity 5 cost 5, sale 15 cost 15
        rent    -90 pro_rata                  -> equity 5 cost 5, sale 15 cost 15, short 70
        left                                     equity 10 cost 10
    """)


@pytest.mark.parametrize("method", ["newest", "oldest"])
def test_uses_that_are_not_in_proportion_are_those_of_the_engine(method):
    dice, movements, picks = Random(method), [], []
    for sequence in range(400):
        amount = dice.randint(1, 99)
        row = {"sequence": sequence, "pool_id": dice.choice("ab"), "quantity": amount, "method": method}
        if dice.random() < 0.5:
            row |= {"kind": "acquire", "cost": amount, "reserved": dice.choice((None, amount // 2))}
        else:
            row["kind"] = "dispose"
            named = dice.sample(range(sequence + 1), min(sequence, 2))
            limit = dice.choice((None, 5))
            picks += [
                {"sequence": sequence, "pick_no": number, "lot_sequence": lot, "quantity": limit}
                for number, lot in enumerate(named)
            ]
        movements.append(row)
    pools = {each["sequence"]: each["pool_id"] for each in movements}
    picks = [pick for pick in picks if pools[pick["sequence"]] == pools[pick["lot_sequence"]]]
    tables = pa.Table.from_pylist(movements, MOVEMENTS), pa.Table.from_pylist(picks, PICKS)
    expected, found = match(*tables), match_pro_rata(*tables)
    assert found.matches.to_pylist() == expected.matches.to_pylist()
    assert found.open_lots.to_pylist() == expected.open_lots.to_pylist()


def spending(dice: Random, inflows: int, uses: int) -> pa.Table:
    """Two pools that get, and then spend while they still get."""
    rows = []
    for sequence in range(inflows + uses):
        amount = dice.randint(1, 999)
        row = {"sequence": sequence, "pool_id": dice.choice("ab"), "quantity": amount}
        is_inflow = sequence < inflows or dice.random() < 0.2
        rows.append(
            row
            | (
                {"kind": "acquire", "cost": amount}
                if is_inflow
                else {"kind": "dispose", "method": "pro_rata"}
            )
        )
    return pa.Table.from_pylist(rows, MOVEMENTS)


def test_a_pool_that_reaches_its_limit_keeps_what_was_shared_and_pays_from_the_newest_on():
    movements, picks = spending(Random(3), inflows=60, uses=200), PICKS.empty_table()
    free, limited = (match_pro_rata(movements, picks, most).matches.to_pylist() for most in (10**6, 1_000))
    pools = {each["sequence"]: each["pool_id"] for each in movements.to_pylist()}
    for pool in "ab":
        theirs = [row for row in limited if pools[row["sequence"]] == pool]
        shared = [row for row in theirs if row["basis"] == "pro_rata"]
        # Up to one use, all that was shared stands as it would without the limit; nothing is shared after it.
        last = shared[-1]["sequence"]
        assert 1_000 - 60 < len(shared) <= 1_000
        assert shared == [row for row in free if pools[row["sequence"]] == pool and row["sequence"] <= last]
        assert {row["basis"] for row in theirs if row["sequence"] > last} == {"newest", "shortfall"}
        # What follows is what the engine says of the lots that were left.
        before = movements.filter(pc.less_equal(movements["sequence"], last))
        left = {row["lot_sequence"]: row for row in match_pro_rata(before, picks).open_lots.to_pylist()}
        opened = [
            row
            | {"quantity": left[row["sequence"]]["quantity_left"], "cost": left[row["sequence"]]["cost_left"]}
            for row in before.to_pylist()
            if row["sequence"] in left and row["pool_id"] == pool
        ]
        after = [
            row | {"method": "newest"}
            for row in movements.to_pylist()
            if row["sequence"] > last and row["pool_id"] == pool
        ]
        expected = match(pa.Table.from_pylist([*opened, *after], MOVEMENTS)).matches.to_pylist()
        assert [row for row in theirs if row["sequence"] > last] == expected


def test_the_answer_never_outgrows_its_limit():
    """Three thousand inflows and as many payments in proportion would be some four million rows."""
    movements = spending(Random(4), inflows=3_000, uses=3_000)
    matched = match_pro_rata(movements, PICKS.empty_table(), 50_000)
    assert len(matched.matches) <= 2 * 50_000 + 6_000
    arrived = sum(row["quantity"] for row in movements.to_pylist() if row["kind"] == "acquire")
    paid = [row for row in matched.matches.to_pylist() if row["basis"] != "shortfall"]
    left = sum(row["quantity_left"] for row in matched.open_lots.to_pylist())
    assert arrived == sum(row["quantity"] for row in paid) + left
    spent = Counter()
    for row in matched.matches.to_pylist():
        spent[row["sequence"]] += row["quantity"]
    assert spent == {r["sequence"]: r["quantity"] for r in movements.to_pylist() if r["kind"] == "dispose"}


def test_what_was_named_and_earmarked_holds_beyond_the_limit():
    lines, expected = parse("""
        sale    +30 cost 30
        equity  +40 cost 40 reserved 30
        wages   -10 pro_rata                  -> sale 8 cost 8, equity 2 cost 2
        rent    -15 pro_rata                  -> equity 8 cost 8 as newest, sale 7 cost 7 as newest
        capex   -40 pro_rata naming equity    -> equity 30 cost 30 as named, sale 10 cost 10 as newest
        left                                     sale 5 cost 5
    """)
    assert tell(lines, match_pro_rata(*ledger(lines).tables(), 3)) == expected


PAID_BY = ("pro_rata", "newest", "oldest")


@given(st.sampled_from((SMALL, LARGE)).flatmap(ledgers), st.integers(0, 60), st.randoms())
@some
def test_money_is_conserved_whatever_pays_and_wherever_the_limit_lies(drawn, most, dice):
    movements = [
        row | {"kind": "dispose", "to_pool_id": None, "method": dice.choice(PAID_BY)}
        if row["kind"] != "acquire"
        else row
        for row in drawn.movements
    ]
    money = Ledger(movements, drawn.picks)
    books = books_of(money, match_pro_rata(*money.tables(), most))
    for law in LAWS:
        law(books)


def test_coins_that_move_are_no_money():
    move = {"sequence": 7, "kind": "transfer", "pool_id": "a", "to_pool_id": "b", "quantity": 1}
    with pytest.raises(ValueError, match="movement 7: kind is transfer; known: acquire, dispose"):
        match_pro_rata(pa.Table.from_pylist([move], MOVEMENTS), PICKS.empty_table())
