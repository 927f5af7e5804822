"""Movements that make no sense are refused, by sequence, with what is wrong and what is right."""

import pyarrow as pa
import pytest

from dagster_project.lots import MATCHES, MOVEMENTS, OPEN_LOTS, PICKS, match

BUY = {"sequence": 1, "kind": "acquire", "pool_id": "a", "quantity": 5, "cost": 100}
SELL = {"sequence": 2, "kind": "dispose", "pool_id": "a", "quantity": 2, "method": "fifo"}
MOVE = SELL | {"sequence": 3, "kind": "transfer", "to_pool_id": "b"}
NAME = {"sequence": 2, "pick_no": 1, "lot_sequence": 1}


def refusal(*movements: dict, picks: tuple[dict, ...] = ()) -> str:
    """Match movements that have a fault and return the message."""
    with pytest.raises(ValueError, match="movement ") as refused:
        match(pa.Table.from_pylist(list(movements), MOVEMENTS), pa.Table.from_pylist(list(picks), PICKS))
    return str(refused.value)


def test_a_quantity_must_be_positive():
    assert refusal(BUY, SELL | {"quantity": 0}) == (
        "movement 2: quantity is 0; it must be positive, the kind says which way units go"
    )
    assert refusal(BUY | {"quantity": -5}).startswith("movement 1: quantity is -5;")
    assert refusal(BUY | {"quantity": None}) == "movement 1: quantity is None; it must be given"


def test_a_kind_must_be_known():
    assert refusal(BUY | {"kind": "mint"}) == (
        "movement 1: kind is mint; known: acquire, dispose, transfer, absorb"
    )
    assert refusal(BUY | {"kind": None}).startswith("movement 1: kind is None;")


def test_a_method_must_be_known_where_units_leave():
    assert refusal(BUY, SELL | {"method": "fiffo"}) == (
        "movement 2: method is fiffo; known: fifo, lifo, hifo, lofo, average, specific, newest, oldest"
    )
    for movement in (SELL, MOVE | {"sequence": 2}, SELL | {"kind": "absorb"}):
        assert refusal(BUY, movement | {"method": None}).startswith("movement 2: method is None;")


def test_a_sequence_must_be_given_and_unique():
    assert refusal(BUY, SELL | {"sequence": 1}) == "movement 1: sequence is 1; it must be unique"
    assert refusal(SELL, BUY, BUY | {"sequence": 2}) == "movement 2: sequence is 2; it must be unique"
    far = BUY | {"sequence": 100}
    assert refusal(far, BUY, far) == "movement 100: sequence is 100; it must be unique"
    assert refusal(BUY, SELL | {"sequence": None}) == "movement None: sequence is None; it must be given"


def test_no_more_than_the_quantity_can_be_reserved():
    assert refusal(BUY | {"reserved": 6}) == "movement 1: reserved is 6; it must not exceed the quantity"
    assert refusal(BUY | {"reserved": -1}).startswith("movement 1: reserved is -1;")


def test_a_cost_is_not_negative():
    assert refusal(BUY | {"cost": -1}) == (
        "movement 1: cost is -1; it must be zero or more, null where unknown"
    )


def test_a_transfer_and_nothing_else_goes_to_another_pool():
    assert refusal(BUY, MOVE | {"to_pool_id": None}) == (
        "movement 3: to_pool_id is None; a transfer needs one"
    )
    for kind in ("dispose", "absorb"):
        assert refusal(BUY, SELL | {"kind": kind, "to_pool_id": "b"}) == (
            "movement 2: to_pool_id is b; only a transfer has one"
        )
    assert refusal(BUY | {"to_pool_id": "b"}) == "movement 1: to_pool_id is b; only a transfer has one"
    assert refusal(BUY, MOVE | {"to_pool_id": "a"}) == (
        "movement 3: to_pool_id is a; a transfer inside a pool touches no lot, leave it out"
    )
    assert refusal(BUY | {"pool_id": None}) == "movement 1: pool_id is None; it must be given"


def test_a_named_quantity_must_be_positive():
    picks = (NAME, NAME | {"pick_no": 2, "quantity": 0})
    assert refusal(BUY, SELL, picks=picks) == (
        "movement 2: quantity is 0; it must be positive, or null for as much as is needed"
    )
    assert refusal(BUY, SELL, picks=(NAME | {"quantity": -1},)).startswith("movement 2: quantity is -1;")


@pytest.mark.parametrize("column", ["pick_no", "lot_sequence"])
def test_a_name_is_given_in_full(column):
    assert refusal(BUY, SELL, picks=(NAME | {column: None},)) == (
        f"movement 2: {column} is None; it must be given"
    )


def test_a_name_must_say_whose_it_is():
    assert refusal(BUY, SELL, picks=(NAME | {"sequence": None},)) == (
        "movement None: sequence is None; it must be given"
    )


@pytest.mark.parametrize("column", MOVEMENTS.names)
def test_a_missing_column_is_named(column):
    with pytest.raises(KeyError, match=column):
        match(pa.Table.from_pylist([BUY], MOVEMENTS).drop_columns(column))


@pytest.mark.parametrize("column", PICKS.names)
def test_a_missing_column_of_names_is_named(column):
    with pytest.raises(KeyError, match=column):
        match(
            pa.Table.from_pylist([BUY], MOVEMENTS), pa.Table.from_pylist([NAME], PICKS).drop_columns(column)
        )


def test_a_fraction_of_a_unit_is_refused():
    movements = pa.Table.from_pylist([BUY], MOVEMENTS)
    halves = pa.array(["2.5"]).cast(pa.decimal128(10, 1))
    with pytest.raises(ValueError, match="data loss"):
        match(movements.set_column(MOVEMENTS.get_field_index("quantity"), "quantity", halves))


def test_no_movements_give_no_matches():
    matched = match(MOVEMENTS.empty_table())
    assert matched == (MATCHES.empty_table(), OPEN_LOTS.empty_table())
    assert match(MOVEMENTS.empty_table(), pa.Table.from_pylist([NAME], PICKS)) == matched


def test_a_name_of_a_movement_or_a_lot_that_is_not_there_is_passed_over():
    movements = pa.Table.from_pylist([BUY, SELL], MOVEMENTS)
    strangers = [NAME | {"sequence": 7}, NAME | {"lot_sequence": 7}, NAME | {"sequence": 1}]
    assert match(movements, pa.Table.from_pylist(strangers, PICKS)) == match(movements)


def test_columns_that_hold_nothing_may_have_no_type():
    """Where no row has a value a database may hand over a column of type null, or of narrower integers."""
    movements = pa.Table.from_pylist([BUY, SELL], MOVEMENTS)
    nothing = pa.nulls(2)
    for name in ("to_pool_id", "reserved"):
        movements = movements.set_column(MOVEMENTS.get_field_index(name), name, nothing)
    quantities = pa.array([5, 2], pa.int64())
    movements = movements.set_column(MOVEMENTS.get_field_index("quantity"), "quantity", quantities)
    picks = pa.Table.from_pylist([NAME], PICKS).set_column(3, "quantity", pa.nulls(1))
    assert match(movements, picks).matches.to_pylist() == [
        {
            "sequence": 2,
            "match_no": 1,
            "lot_sequence": 1,
            "quantity": 2,
            "cost": 40,
            "basis": "fifo",
        }
    ]
