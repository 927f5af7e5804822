"""The header contract: strict both ways, and every refusal names the columns."""

from collections import Counter
from collections.abc import Sequence

from dagster_project.contracts import Refused

MAX_COLUMNS = 1_000
OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "/": "slashes", "|": "bars"}


def bind_header(header: Sequence[str], columns: tuple[str, ...]) -> list[str]:
    """The contract's name of each column of the file, in the file's order.

    Names are compared without case and without the spaces around them. A header that lacks a column of the
    contract, has another one, or has one twice is Refused.
    """
    contract = {column.lower(): column for column in columns}
    found = [name.strip().lower() for name in header]
    missing = [column for name, column in contract.items() if name not in found]
    unexpected = [given for given, name in zip(header, found, strict=True) if name not in contract]
    repeated = [contract[name] for name, count in Counter(found).items() if count > 1 and name in contract]
    expected = f"The header must name these columns and no other: {', '.join(columns)}."
    if len(header) > MAX_COLUMNS:
        raise Refused("too_many_columns", f"the header has {len(header):,} columns. {expected}")
    if len(header) == 1 and (delimiter := _other_delimiter(found[0], contract)):
        raise Refused("wrong_delimiter", f"{delimiter} separate the columns. Save the file with commas.")
    if missing and unexpected:
        sentence = f"the header lacks {_listed(missing)} and has {_listed(unexpected)} instead. {expected}"
        raise Refused("wrong_header", sentence)
    if missing:
        raise Refused("missing_column", f"the header lacks {_listed(missing)}. {expected}")
    if unexpected:
        raise Refused("unexpected_column", f"the header also has {_listed(unexpected)}. {expected}")
    if repeated:
        raise Refused("duplicate_column", f"the header has {_listed(repeated)} more than once. Keep one.")
    return [contract[name] for name in found]


def _other_delimiter(header: str, contract: dict[str, str]) -> str | None:
    for delimiter, spoken in OTHER_DELIMITERS.items():
        if len(contract.keys() & {name.strip(' "') for name in header.split(delimiter)}) > 1:
            return spoken
    return None


def _listed(names: list[str]) -> str:
    listed = ", ".join(repr(name if len(name) <= 40 else name[:39] + "…") for name in names[:10])
    return listed if len(names) <= 10 else f"{listed} and {len(names) - 10:,} more"
