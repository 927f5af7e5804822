"""A contract of four columns, and what the gate makes of a file under it."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.landing.contracts import Layout, Refused
from dagster_project.landing.readers import extension_of, read

LAYOUT = Layout(("id", "quantity", "note", "url"))
COLUMNS = LAYOUT.columns

Taken = tuple[dict[int, tuple[str | None, ...]], dict[int, str]]


@pytest.fixture(scope="session")
def take() -> Callable[[bytes | Path], Taken]:
    """The good rows by source_row, in the contract's order of columns, and the reasons of the bad ones."""

    def take(file: bytes | Path) -> Taken:
        good, bad = {}, {}
        with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb") as handle:
            extension = ".csv" if isinstance(file, bytes) else extension_of(file.name)
            for part in read(handle, extension, LAYOUT):
                rows = part.rows.select([*COLUMNS, "source_row"]).to_pylist()
                assert part.landed == len(rows) + len(part.bad)
                good |= {row.pop("source_row"): tuple(row.values()) for row in rows}
                bad |= {row.source_row: row.reason for row in part.bad}
        return good, bad

    return take


@pytest.fixture(scope="session")
def refusal(take: Callable[[bytes | Path], Taken]) -> Callable[[Path], Refused]:
    """Why a whole file is refused."""

    def refusal(path: Path) -> Refused:
        with pytest.raises(Refused) as raised:
            take(path)
        return raised.value

    return refusal
