"""The header contract: strict both ways, and every refusal names the columns."""

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase

from dagster_project.landing.contracts import Header, Layout, Refused

MAX_COLUMNS = 1_000
OTHER_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "/": "slashes", "|": "bars"}


def bind_header(header: Sequence[str], layout: Layout) -> list[str]:
    """The contract's name of each column of the file, in the file's order; a gathered one keeps its own.

    Names are compared without case and without the spaces around them. A header that is none of the known
    ones, because it lacks a column, has another one, or has one twice, is Refused.
    """
    known_names = {key for known in layout.known_headers for key in known.keys}
    found = [name.strip().lower() for name in header]
    gathered = [name for name in found if name not in known_names and _is_gathered(name, layout)]
    names = [name for name in found if name not in gathered]
    known = min(layout.known_headers, key=lambda known: _distance(names, known))
    expected = f"The header must name these columns and no other: {', '.join(known.names)}."
    if (count := len(layout.known_headers)) > 1:
        expected = f"The nearest of the {count} known headers is: {', '.join(known.names)}."
    unexpected = [
        given for given, name in zip(header, found, strict=True) if name not in (*known.keys, *gathered)
    ]
    lacking = Counter(known.keys) - Counter(names)
    missing = [name for name, key in zip(known.names, known.keys, strict=True) if key in lacking]
    repeated = [name for name, count in Counter(found).items() if count > max(known.keys.count(name), 1)]
    if len(header) > MAX_COLUMNS:
        raise Refused("too_many_columns", f"the header has {len(header):,} columns. {expected}")
    if len(header) == 1 and (delimiter := _other_delimiter(found[0], known, layout.delimiter)):
        instead = OTHER_DELIMITERS[layout.delimiter]
        raise Refused("wrong_delimiter", f"{delimiter} separate the columns. Save the file with {instead}.")
    if missing and unexpected:
        sentence = f"the header lacks {_listed(missing)} and has {_listed(unexpected)} instead. {expected}"
        raise Refused("wrong_header", sentence)
    if missing:
        raise Refused("missing_column", f"the header lacks {_listed(missing)}. {expected}")
    if unexpected:
        raise Refused("unexpected_column", f"the header also has {_listed(unexpected)}. {expected}")
    if repeated:
        raise Refused("duplicate_column", f"the header has {_listed(repeated)} more than once. Keep one.")
    columns: dict[str, list[str]] = {name: [name] for name in gathered}
    for key, column in zip(known.keys, known.columns, strict=True):
        columns.setdefault(key, []).append(column)
    return [columns[name].pop(0) for name in found]


def _is_gathered(name: str, layout: Layout) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in layout.gathered)


def _distance(names: list[str], known: Header) -> int:
    found, expected = Counter(names), Counter(known.keys)
    return (found - expected).total() + (expected - found).total()


def _other_delimiter(header: str, known: Header, delimiter: str) -> str | None:
    for other, spoken in OTHER_DELIMITERS.items():
        if (
            other != delimiter
            and len({name.strip(' "') for name in header.split(other)}.intersection(known.keys)) > 1
        ):
            return spoken
    return None


def _listed(names: list[str]) -> str:
    listed = ", ".join(repr(name if len(name) <= 40 else name[:39] + "…") for name in names[:10])
    return listed if len(names) <= 10 else f"{listed} and {len(names) - 10:,} more"
