"""Movements that make no sense are refused, by id, with what is wrong and what is right."""

import pyarrow as pa
import pytest

from dagster_project.lots import MATCHES, MOVEMENTS, OPEN_LOTS, match

BUY = {"movement_id": "buy", "sequence": 1, "kind": "acquire", "pool_id": "a", "quantity": 5, "cost": 100}
SELL = {
    "movement_id": "sell",
    "sequence": 2,
    "kind": "dispose",
    "pool_id": "a",
    "quantity": 2,
    "method": "fifo",
}
MOVE = SELL | {"movement_id": "move", "sequence": 3, "kind": "transfer", "to_pool_id": "b"}


def refusal(*movements: dict) -> str:
    """Match movements that have a fault and return the message."""
    with pytest.raises(ValueError, match='movement "') as refused:
        match(pa.Table.from_pylist(list(movements), MOVEMENTS))
    return str(refused.value)


def test_a_quantity_must_be_positive():
    assert refusal(BUY, SELL | {"quantity": 0}) == (
        'movement "sell": quantity is 0; it must be positive, the kind says which way units go'
    )
    assert refusal(BUY | {"quantity": -5}).startswith('movement "buy": quantity is -5;')
    assert refusal(BUY | {"quantity": None}) == 'movement "buy": quantity is None; it must be given'


def test_a_kind_must_be_known():
    assert (
        refusal(BUY | {"kind": "mint"}) == 'movement "buy": kind is mint; known: acquire, dispose, transfer'
    )
    assert refusal(BUY | {"kind": None}).startswith('movement "buy": kind is None;')


def test_a_method_must_be_known_where_units_leave():
    assert refusal(BUY, SELL | {"method": "fiffo"}) == (
        'movement "sell": method is fiffo; known: fifo, lifo, hifo, lofo, average, specific, newest'
    )
    assert refusal(BUY, MOVE | {"method": None}).startswith('movement "move": method is None;')


def test_an_id_and_a_sequence_must_be_given_and_unique():
    assert refusal(BUY, BUY | {"sequence": 2}) == 'movement "buy": movement_id is buy; it must be unique'
    assert refusal(BUY, SELL | {"sequence": 1}) == 'movement "buy": sequence is 1; it must be unique'
    assert refusal(SELL | {"sequence": 1}, BUY) == 'movement "buy": sequence is 1; it must be unique'
    assert refusal(BUY, SELL | {"sequence": None}).startswith('movement "sell": sequence is None;')
    assert refusal(BUY | {"movement_id": None}).startswith('movement "None": movement_id is None;')


def test_no_more_than_the_quantity_can_be_reserved():
    assert refusal(BUY | {"reserved": 6}) == 'movement "buy": reserved is 6; it must not exceed the quantity'
    assert refusal(BUY | {"reserved": -1}).startswith('movement "buy": reserved is -1;')


def test_a_cost_is_not_negative():
    assert (
        refusal(BUY | {"cost": -1})
        == 'movement "buy": cost is -1; it must be zero or more, null where unknown'
    )


def test_a_transfer_and_nothing_else_goes_to_another_pool():
    assert refusal(BUY, MOVE | {"to_pool_id": None}) == (
        'movement "move": to_pool_id is None; a transfer needs one'
    )
    assert refusal(BUY, SELL | {"to_pool_id": "b"}) == (
        'movement "sell": to_pool_id is b; only a transfer has one'
    )
    assert refusal(BUY, MOVE | {"to_pool_id": "a"}) == (
        'movement "move": to_pool_id is a; a transfer inside a pool touches no lot, leave it out'
    )
    assert refusal(BUY | {"pool_id": None}) == 'movement "buy": pool_id is None; it must be given'


def test_a_named_quantity_must_be_positive():
    picks = [{"lot_id": "buy", "quantity": None}, {"lot_id": "buy", "quantity": 0}]
    assert refusal(BUY, SELL | {"lot_picks": picks}).startswith('movement "sell": lot_picks is [')


def test_a_missing_column_is_named():
    with pytest.raises(KeyError, match="lot_picks"):
        match(pa.Table.from_pylist([BUY], MOVEMENTS).drop_columns("lot_picks"))


def test_a_fraction_of_a_unit_is_refused():
    movements = pa.Table.from_pylist([BUY], MOVEMENTS)
    halves = pa.array(["2.5"]).cast(pa.decimal128(10, 1))
    with pytest.raises(ValueError, match="data loss"):
        match(movements.set_column(5, "quantity", halves))


def test_no_movements_give_no_matches():
    matched = match(MOVEMENTS.empty_table())
    assert matched == (MATCHES.empty_table(), OPEN_LOTS.empty_table())


def test_columns_that_hold_nothing_may_have_no_type():
    """Where no row has a value a database may hand over a column of type null, or of narrower integers."""
    movements = pa.Table.from_pylist([BUY, SELL], MOVEMENTS)
    nothing = pa.nulls(2)
    for name in ("to_pool_id", "reserved", "lot_picks"):
        movements = movements.set_column(MOVEMENTS.get_field_index(name), name, nothing)
    quantities = pa.array([5, 2], pa.int64())
    matched = match(movements.set_column(MOVEMENTS.get_field_index("quantity"), "quantity", quantities))
    assert matched.matches.to_pylist() == [
        {
            "movement_id": "sell",
            "match_no": 1,
            "pool_id": "a",
            "to_pool_id": None,
            "lot_id": "buy",
            "quantity": 2,
            "cost": 40,
            "basis": "fifo",
        }
    ]
