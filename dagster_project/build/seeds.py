"""A company's seeds as dbt reads them: every declared seed, every declared column, and the line of each row.

`dbt/models/_seeds.yml` declares the seeds and their columns. A company keeps the files that it has something
to say in; a file or a column that it lacks is empty here. So an upgrade that adds a seed or a column asks for
no copying. A column that nobody declared is refused by name, for it would be ignored in silence.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import yaml

from dagster_project.settings import Settings

LINE = "source_row"


class SeedError(ValueError):
    """A seed that cannot be read; `str()` names file, line or column, and what to do."""


def stage_seeds(settings: Settings) -> None:
    """Write the staged seeds, where they have changed. Raises SeedError."""
    for folder in (
        settings.dbt_target,
        settings.staged_seeds,
    ):  # addresses of wallets are for the owner's eyes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    declared = declared_columns(settings.dbt)
    for seed, columns in declared.items():
        text = _staged(settings.seeds / f"{seed}.csv", columns)
        staged = settings.staged_seeds / f"{seed}.csv"
        if not staged.exists() or staged.read_text(encoding="utf-8") != text:
            staged.write_text(text, encoding="utf-8")
    for stale in settings.staged_seeds.glob("*.csv"):
        if stale.stem not in declared:
            stale.unlink()


def declared_columns(dbt: Path) -> dict[str, list[str]]:
    """The columns of each seed of a company, in the order in which `_seeds.yml` declares them."""
    document = yaml.safe_load((dbt / "models" / "_seeds.yml").read_text(encoding="utf-8"))
    return {
        seed["name"]: [column for column in seed["config"]["column_types"] if column != LINE]
        for seed in document["seeds"]
    }


def _staged(path: Path, columns: list[str]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*columns, LINE])
    for line, row in _rows(path, columns) if path.exists() else ():
        writer.writerow([*(row.get(column) or "" for column in columns), line])
    return file.getvalue()


def _rows(path: Path, columns: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a seed with the lines at which they begin."""
    name = f"seeds/{path.name}"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeedError(f"{name} is not UTF-8 (byte {error.start}). Save it as CSV UTF-8.") from None
    reader = csv.reader(io.StringIO(text), strict=True)
    header = [column.strip() for column in next(reader, [])]
    for column in header:
        if column not in columns:
            raise SeedError(f"{name}: column {column!r} is unknown. Known: {', '.join(columns)}.")
        if header.count(column) > 1:
            raise SeedError(f"{name}: column {column!r} stands there twice. Keep one.")
    line = reader.line_num + 1
    try:
        for cells in reader:
            if len(cells) > len(header):
                raise SeedError(
                    f"{name}, line {line}: {len(cells)} values for {len(header)} columns. Put a value with a "
                    "comma in double quotes."
                )
            if cells:  # an empty line is none
                yield line, dict(zip(header, cells, strict=False))
            line = reader.line_num + 1
    except csv.Error as error:
        raise SeedError(f"{name}, line {line}: {error}. Check the double quotes.") from None
