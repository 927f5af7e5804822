"""What each source's files look like, read from the same yml files that document them for dbt.

`dbt/models/staging/<source>/_<source>.yml` lists the source's tables; each table names the files that hold it
(`config.meta.file_pattern`) and all of their columns. So a new format needs no Python.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

RESERVED_SOURCES = ("landing", "main", "information_schema", "pg_catalog")
LINEAGE_COLUMNS = ("source_file", "source_sha256", "source_row", "landed_at")
PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*")  # source and entity name folders, schemas and tables


class ContractError(ValueError):
    """A `_<source>.yml` that landing cannot work with; the message names the file and what to write."""


class Refused(Exception):
    """A file that breaks its contract.

    `reason` is a stable code, `sentence` tells a person what is wrong and what to do next.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True)
class Contract:
    """One entity of one source: which files hold it, and all columns of these files, in the yml's order."""

    source: str
    entity: str
    file_pattern: str
    columns: tuple[str, ...]

    def covers(self, stem: str) -> bool:
        """Whether the stem of a file name says that it holds the entity; case and leading dashes are free."""
        return fnmatchcase(stem.lower().lstrip("-"), self.file_pattern.lower())


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
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path} is not YAML: {error}") from error
    try:
        contracts = [
            Contract(
                source=source["name"],
                entity=table["name"],
                file_pattern=table["config"]["meta"]["file_pattern"],
                columns=tuple(column["name"] for column in table["columns"]),
            )
            for source in document["sources"]
            for table in source["tables"]
        ]
    except (KeyError, TypeError) as error:
        raise ContractError(
            f"{path} does not say {error}. Landing needs sources: each with a name and tables,"
            " each of these with a name, config.meta.file_pattern and columns."
        ) from error
    for contract in contracts:
        if mistake := _mistake_of(contract):
            raise ContractError(f"{path}, {contract.source}.{contract.entity}: {mistake}")
        yield contract


def _mistake_of(contract: Contract) -> str | None:
    texts = (contract.source, contract.entity, contract.file_pattern, *contract.columns)
    if not all(isinstance(text, str) and text.strip() == text != "" for text in texts):
        return "names and patterns must be texts without spaces around them. Put them in quotes."
    for name in (contract.source, contract.entity):
        if not PLAIN_NAME.fullmatch(name) or name in RESERVED_SOURCES:
            return f"{name!r} cannot name a folder and a table. Use lower-case letters, digits and _."
    columns = [column.lower() for column in contract.columns]
    for column in columns:
        if columns.count(column) > 1 or column in LINEAGE_COLUMNS:
            return f"the column {column!r} is declared twice or is one that landing adds. Rename it."
    return None if columns else "it has no columns. List every column of its files."
