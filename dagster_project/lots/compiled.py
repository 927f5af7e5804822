"""The loop of `matching`, compiled for machine words by numba: the same source, a hundred times as fast.

Quantities are 128 bits wide, in columns as two words a row: just what Arrow's decimal128 is, so that columns
go in and out without a copy. All that differs from plain Python stands here, a twin for each function of
`numbers`; the tests run both over the same ledgers.
"""

import hashlib
import math
import operator
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, models, overload, register_jitable, register_model

from dagster_project.lots import matching, numbers, queue
from dagster_project.lots.numbers import NONE
from dagster_project.lots.types import Matches, Movements, OpenLots, Parcel, Picks, Pool


class Wide(types.Type):
    """An integer of 128 bits."""

    def __init__(self) -> None:
        super().__init__(name="Wide")


WIDE = Wide()
WORD = ir.IntType(64)
DOUBLE_WORD = ir.IntType(128)


@register_model(Wide)
class WideModel(models.PrimitiveModel):
    """Two machine words, as LLVM adds, subtracts, multiplies and compares them."""

    def __init__(self, manager, type_) -> None:
        super().__init__(manager, type_, DOUBLE_WORD)


def widened(context, builder, value, type_):
    """Return a number as 128 bits, whether it is wide or an integer."""
    if isinstance(type_, Wide):
        return value
    return builder.sext(context.cast(builder, value, type_, types.int64), DOUBLE_WORD)


def define(function, result: types.Type, emit) -> None:
    """Give an operator a meaning where one of its numbers is wide and the other wide or an integer."""

    @intrinsic
    def emitted(typing_context, one, other):
        def generate(context, builder, signature, arguments):
            pairs = zip(arguments, signature.args, strict=True)
            return emit(builder, *(widened(context, builder, *pair) for pair in pairs))

        return result(one, other), generate

    @overload(function)
    def operate(one, other):
        kinds = isinstance(one, Wide), isinstance(other, Wide)
        if all(kinds) or (any(kinds) and isinstance(other if kinds[0] else one, types.Integer)):
            return lambda one, other: emitted(one, other)


define(operator.add, WIDE, lambda builder, one, other: builder.add(one, other))
define(operator.sub, WIDE, lambda builder, one, other: builder.sub(one, other))
define(operator.mul, WIDE, lambda builder, one, other: builder.mul(one, other))
for function, sign in {
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
}.items():
    define(
        function,
        types.boolean,
        lambda builder, one, other, sign=sign: builder.icmp_signed(sign, one, other),
    )


@intrinsic
def joined(typing_context, low, high):
    """Make a wide number of its words."""

    def generate(context, builder, signature, arguments):
        low, high = (builder.zext(word, DOUBLE_WORD) for word in arguments)
        return builder.or_(low, builder.shl(high, ir.Constant(DOUBLE_WORD, 64)))

    return WIDE(types.int64, types.int64), generate


@intrinsic
def low_word(typing_context, number):
    """Return the lower word of a wide number."""

    def generate(context, builder, signature, arguments):
        return builder.trunc(widened(context, builder, arguments[0], signature.args[0]), WORD)

    return types.uint64(number), generate


@intrinsic
def high_word(typing_context, number):
    """Return the upper word of a wide number, with its sign."""

    def generate(context, builder, signature, arguments):
        number = widened(context, builder, arguments[0], signature.args[0])
        return builder.trunc(builder.ashr(number, ir.Constant(DOUBLE_WORD, 64)), WORD)

    return types.int64(number), generate


@register_jitable
def estimate(number):
    """Return a wide number as a float."""
    return float(high_word(number)) * 2.0**64 + float(low_word(number))


@overload(numbers.wide)
def wide(number):
    return lambda number: joined(number, number >> 63)


@overload(numbers.load)
def load(box):
    return lambda box: joined(box[0], box[1])


@overload(numbers.store)
def store(box, quantity):
    def write(box, quantity):
        box[0] = np.int64(low_word(quantity))
        box[1] = high_word(quantity)

    return write


@overload(numbers.ratio)
def ratio(cost, quantity):
    return lambda cost, quantity: float(cost) / estimate(quantity)


@overload(numbers.share)
def share(cost, part, whole):
    """Estimate by floats, then correct by the exact rest: sums that overflow on the way do so back again."""

    def divide(cost, part, whole):
        quotient = np.int64(float(cost) * (estimate(part) / estimate(whole)))
        twice = whole + whole
        rest = part * cost * 2 + whole - twice * quotient
        while rest < 0 or rest >= twice:
            step = np.int64(math.floor(estimate(rest) / estimate(twice)))
            step = min(step, np.int64(-1)) if rest < 0 else max(step, np.int64(1))  # never 0
            quotient += step
            rest = rest - twice * step
        return quotient

    return divide


@overload(numbers.compared)
def compared(cost, quantity, other_cost, other_quantity):
    """Compare by floats where these can tell; else the difference is small enough not to overflow."""
    near = numbers.NEAR

    def compare(cost, quantity, other_cost, other_quantity):
        one, other = float(cost) / estimate(quantity), float(other_cost) / estimate(other_quantity)
        if abs(one - other) > near * (one + other):
            return 1 if one > other else -1
        difference = other_quantity * cost - quantity * other_cost
        if difference == 0:
            return 0
        return 1 if difference > 0 else -1

    return compare


CACHE_LINE = 64  # bytes; a record that begins with one touches one fewer
FIELDS = {int: (np.int64,), numbers.Row: (np.int32,), float: (np.float64,), numbers.Box: (np.int64, (2,))}


def run(
    movements: Movements, picks: Picks, pool_count: int, parcel_room: int, match_room: int
) -> tuple[Matches, OpenLots] | None:
    """Match movements: arrays in, arrays out; None when there is too little room."""
    pools, parcels = records(Pool, pool_count), records(Parcel, parcel_room)
    pools[:] = NONE
    matches = Matches(
        movement=np.empty(match_room, np.int32),
        number=np.empty(match_room, np.int32),
        lot=np.empty(match_room, np.int32),
        quantity=np.empty((match_room, 2), np.int64),
        cost=np.empty(match_room, np.int64),
        basis=np.empty(match_room, np.int8),
    )
    matched, held = compiled_loop()(
        movements._replace(cost=movements.cost[:, 0]),
        picks,
        pools,
        parcels,
        np.full(len(movements.kind), NONE, np.int32),
        matches,
    )
    if held == NONE:
        return None
    parcels = parcels[:held]
    open_lots = parcels[(parcels["pool"] != NONE) & parcels["quantity_left"].any(axis=1)]
    columns = (
        np.ascontiguousarray(open_lots[name]) for name in ("pool", "lot", "quantity_left", "cost_left")
    )
    return Matches(*(column[:matched] for column in matches)), OpenLots(*columns)


def records(noun: type, size: int) -> np.ndarray:
    """Make so many records of a noun: rows of a structured array, which take no memory until written."""
    kind = np.dtype([(field.name, *FIELDS[field.type]) for field in fields(noun)])
    room = np.zeros(size * kind.itemsize + CACHE_LINE, np.uint8)
    start = -room.ctypes.data % CACHE_LINE
    return room[start : start + size * kind.itemsize].view(kind)


@cache
def compiled_loop() -> Callable:
    """Return `matching.match_in_order` for arrays; compiled in 5 s, then read from numba's cache."""
    for function in (numbers.least, *functions_of(queue), *functions_of(matching)):
        register_jitable(function)
    sources = sorted(Path(__file__).parent.glob("*.py"))
    fingerprint = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()

    def loop(movements, picks, pools, parcels, newest_of_lot, matches):
        _ = fingerprint  # what a function closes over is in the key of numba's cache: a changed source misses
        return matching.match_in_order(movements, picks, pools, parcels, newest_of_lot, matches)

    try:
        return njit(loop, cache=True)
    except RuntimeError:  # there is no place to write a cache
        return njit(loop)


def functions_of(module: ModuleType) -> list[Callable]:
    """List the functions that a module defines."""
    return [
        each
        for each in vars(module).values()
        if isinstance(each, FunctionType) and each.__module__ == module.__name__
    ]
