"""Money that all inflows pay for together, by what is left of them, told as statements of account."""

from random import Random

import pyarrow as pa
import pytest

from dagster_project.lots import MOVEMENTS, PICKS, match, match_pro_rata
from tests.lots.conftest import ledger, parse, tell


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


def test_coins_that_move_are_no_money():
    move = {"sequence": 7, "kind": "transfer", "pool_id": "a", "to_pool_id": "b", "quantity": 1}
    with pytest.raises(ValueError, match="movement 7: kind is transfer; known: acquire, dispose"):
        match_pro_rata(pa.Table.from_pylist([move], MOVEMENTS), PICKS.empty_table())
