"""What each source's files look like, read from the same yml files that document them for dbt.

`dbt/models/staging/<source>/_<source>.yml` lists the source's tables; each table names the files that hold it
(`config.meta.file_pattern`) and all of their columns, and, where an export changed over the years, every
header that is known (`config.meta.headers`). So a new format needs no Python.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import yaml

RESERVED_SOURCES = ("landing", "main", "information_schema", "pg_catalog")
LINEAGE_COLUMNS = ("source_file", "source_sha256", "source_row", "landed_at")
PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*")  # source and entity name folders, schemas and tables

# The one written in C, where there is one: all contracts in 0.1 CPU s, not in 1.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContractError(ValueError):
    """A `_<source>.yml` that landing cannot work with; the message names the file and what to write."""


class Refused(Exception):
    """A file that breaks its contract.

    `reason` is a stable code, `sentence` says what is wrong and what to do next.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


class Header(NamedTuple):
    """One version of a header: the names as they stand in the files, and the contract's column for each."""

    names: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        """The names as they are compared."""
        return [name.strip().lower() for name in self.names]


@dataclass(frozen=True)
class Layout:
    """What a reader must know of a table's files; the default is a header of exactly the table's columns.

    A file without a header has the table's columns in their order. A header stands behind at most
    `preamble_lines` other lines. `gathered` are patterns of further columns, which differ from file to file
    (one per asset, say): the column `gathered_in` takes them as one JSON text. `records` and `paths` say
    where a document (JSON, XML) has the rows and, within a row, the columns.
    """

    columns: tuple[str, ...]
    headers: tuple[Header, ...] = ()
    has_header: bool = True
    delimiter: str = ","
    preamble_lines: int = 0
    gathered: tuple[str, ...] = ()
    gathered_in: str = ""
    records: str = ""
    paths: dict[str, str] = field(default_factory=dict)

    @property
    def known_headers(self) -> tuple[Header, ...]:
        """Every version of the header."""
        return self.headers or (Header(self.columns, self.columns),)


@dataclass(frozen=True)
class Contract:
    """One entity of one source: which files hold it, and what they look like."""

    source: str
    entity: str
    file_patterns: tuple[str, ...]
    layout: Layout

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its table, in the yml's order."""
        return self.layout.columns

    def covers(self, stem: str) -> bool:
        """Whether the stem of a file name says that it holds the entity; case and leading dashes are free."""
        name = stem.lower().lstrip("-")
        return any(fnmatchcase(name, pattern.lower()) for pattern in self.file_patterns)


def load_contracts(staging: Path) -> tuple[Contract, ...]:
    """All contracts below dbt's staging folder, ordered by source, then as its yml lists them.

    Raises ContractError where a yml is broken, leaves something out, or repeats a name.
    """
    ymls = [path for path in sorted(staging.glob("*/_*.yml")) if path.name == f"_{path.parent.name}.yml"]
    contracts = tuple(contract for path in ymls for contract in _read(path))
    tables = [f"{contract.source}.{contract.entity}" for contract in contracts]
    for table in tables:
        if tables.count(table) > 1:
            raise ContractError(f"{staging}: the source table {table} is declared twice. Keep one.")
    return contracts


def _read(path: Path) -> Iterator[Contract]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path} is not YAML: {error}") from error
    try:
        contracts = [
            Contract(
                source=source["name"],
                entity=table["name"],
                file_patterns=_listed(table["config"]["meta"]["file_pattern"]),
                layout=_layout(table["config"]["meta"], table["columns"]),
            )
            for source in document["sources"]
            for table in source["tables"]
        ]
    except (KeyError, TypeError) as error:
        raise ContractError(
            f"{path} does not say {error}. Landing needs sources: each with a name and tables,"
            " each of these with a name, config.meta.file_pattern and columns."
        ) from error
    except ContractError as error:
        raise ContractError(f"{path}: {error}") from None
    for contract in contracts:
        if mistake := _mistake_of(contract):
            raise ContractError(f"{path}, {contract.source}.{contract.entity}: {mistake}")
        yield contract


def _layout(meta: dict[str, Any], columns: list[dict[str, Any]]) -> Layout:
    declared = {column["name"]: column.get("config", {}).get("meta", {}) for column in columns}
    delimiter = meta.get("delimiter", ",")
    gathering = {name: column["gathers"] for name, column in declared.items() if "gathers" in column}
    if len(gathering) > 1:
        raise ContractError(f"{', '.join(gathering)} all gather columns. Let one of them do it.")
    names = {_plain(str(name)): name for name in declared}
    for name, column in declared.items():
        names |= {called.strip().lower(): name for called in column.get("called", [])}
    return Layout(
        columns=tuple(column["name"] for column in columns),
        headers=tuple(_header(line, delimiter, names) for line in meta.get("headers", [])),
        has_header=meta.get("has_header", True),
        delimiter=delimiter,
        preamble_lines=meta.get("preamble_lines", 0),
        gathered=tuple(pattern for patterns in gathering.values() for pattern in patterns),
        gathered_in=next(iter(gathering), ""),
        records=meta.get("records", ""),
        paths={name: column["path"] for name, column in declared.items() if "path" in column},
    )


def _header(line: str, delimiter: str, columns: dict[str, str]) -> Header:
    """A known header line, its names bound to columns; the second of one name is bound to `name_2`."""
    names = tuple(next(csv.reader([line], delimiter=delimiter)))
    bound: list[str] = []
    for name in names:
        called = [columns.get(name.strip().lower()), columns.get(_plain(name))]
        column = next(filter(None, called), None)
        column = columns.get(f"{column}_{bound.count(column) + 1}") if column in bound else column
        if column is None or column in bound:
            raise ContractError(
                f"no column is called {name!r} as in the header {line!r}. Add one, or `called`."
            )
        bound.append(column)
    return Header(names, tuple(bound))


def _plain(name: str) -> str:
    """A name as ours are written: `Date / Time (UTC)` is `date_time_utc`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _listed(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, list) else (given,)


def _mistake_of(contract: Contract) -> str | None:
    layout = contract.layout
    texts = (contract.source, contract.entity, *contract.file_patterns, *layout.columns, *layout.gathered)
    if not all(isinstance(text, str) and text.strip() == text != "" for text in texts):
        return "names and patterns must be texts without spaces around them. Put them in quotes."
    for name in (contract.source, contract.entity):
        if not PLAIN_NAME.fullmatch(name) or name in RESERVED_SOURCES:
            return f"{name!r} cannot name a folder and a table. Use lower-case letters, digits and _."
    columns = [column.lower() for column in layout.columns]
    for column in columns:
        if columns.count(column) > 1 or column in LINEAGE_COLUMNS:
            return f"the column {column!r} is declared twice or is one that landing adds. Rename it."
    versions = [sorted(header.keys) for header in layout.headers]
    for header, version in zip(layout.headers, versions, strict=True):
        if versions.count(version) > 1:
            return f"the header {','.join(header.names)!r} is declared twice. Keep one."
    return None if columns else "it has no columns. List every column of its files."
