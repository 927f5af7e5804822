"""The fault catalogue: `catalogue.csv`, the figures that its tests wrote down, and the page made of both."""

import csv
import json
from pathlib import Path
from typing import NamedTuple

import pytest

from dagster_project.settings import ROOT

CATALOGUE = Path(__file__).with_name("catalogue.csv")
FIGURES = Path(__file__).with_name("figures.json")
PAGE = ROOT / "docs" / "reference" / "faults.md"
COLLECTED = pytest.StashKey[dict[str, bool]]()  # the id of each test there is, and whether it is deep
PARTS = {
    "storage": "Crash and storage",
    "publication": "Locks and publication",
    "input": "Input files",
    "values": "Values, precision, time",
    "domain": "Domain",
    "orchestration": "Orchestration",
    "security": "Security",
}
HEADER = "| | severity | fault | what must happen | tried by | found |"
INTRODUCTION = """\
# Faults

What has been broken on purpose, by which tests, and how that ended.
[Reliability](../reliability.md) says what holds after any of them. *sev.*: A is a lost or wrong
figure, B an outage, C a nuisance.

This page is made from `tests/faults/catalogue.csv` and `tests/faults/figures.json` by
`COFFER_DEEP=1 pytest tests/faults --renew-golden`.
"""


class Row(NamedTuple):
    """One fault. `tests` are ids of tests, or their beginnings; where there is none, `why_not` says why."""

    id: str
    part: str
    severity: str
    fault: str
    expected: str
    depth: str
    tests: str
    why_not: str


def read_catalogue() -> list[Row]:
    """Every row, in the file's order."""
    with CATALOGUE.open(newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def read_figures() -> dict[str, dict[str, str]]:
    """What was measured last, by row: figure, day, machine."""
    return json.loads(FIGURES.read_text()) if FIGURES.exists() else {}


def render() -> str:
    """The page."""
    figures, catalogue = read_figures(), read_catalogue()
    machines = sorted({entry["machine"] for entry in figures.values()})
    notes = {machine: chr(ord("a") + number) for number, machine in enumerate(machines)}
    lines = [INTRODUCTION]
    for part, title in PARTS.items():
        lines += [
            f"\n## {title}\n",
            "| | sev. | fault | what must happen | tried | survived |",
            "|---|---|---|---|---|---|",
        ]
        for row in catalogue:
            if row.part == part:
                lines.append(f"| {' | '.join(_cells(row, figures.get(row.id), notes))} |")
    lines += ["\n## Machines\n", *(f"{note}: {machine}  " for machine, note in notes.items())]
    return "\n".join(lines) + "\n"


def _cells(row: Row, figure: dict[str, str] | None, notes: dict[str, str]) -> list[str]:
    tests = dict.fromkeys(test.partition("[")[0] for test in row.tests.split("; ") if test)
    tried = ", ".join(f"[{_name(test)}](../../{test.partition('::')[0]})" for test in tests) or "not yet"
    passes = "not measured yet" if row.depth == "deep" else "passes"
    told = (
        f"{figure['figure']} ({figure['on']}, {notes[figure['machine']]})"
        if figure
        else row.why_not or passes
    )
    depth = " *(deep)*" if row.depth == "deep" else ""
    return [row.id, row.severity, row.fault, row.expected, tried + depth, told]


def _name(test: str) -> str:
    return test.rpartition("::")[2].removeprefix("test_").replace("_", " ")
