"""Write the parts of the documentation that repeat code or yml, and wrap its prose: `make docs`.

With `--check` it only compares.

A part stands between two lines of a page, and is the answer of the function that the first one names:

    <!-- generated: reasons -->
    <!-- end -->

Words after the name are the function's arguments, such as a source. Add a function to PARTS for a new list.
"""

import ast
import csv
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import yaml
from wrap import wrapped

ROOT = Path(__file__).resolve().parents[1]
DBT = ROOT / "dbt"
PART = re.compile(r"(?ms)^<!-- generated: (.+?) -->\n.*?^<!-- end -->$")
SUBJECTS = ("rows", "prices", "events", "lots", "money", "loans", "capex", "reporting", "control")


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown. A cell is one line, and its bars are escaped."""
    header = list(header)
    lines = [header, ["---"] * len(header), *rows]
    cells = [[re.sub(r"\s+", " ", str(cell)).strip().replace("|", r"\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def code(text: str) -> str:
    """A name as code."""
    return f"`{text}`"


@cache
def _yml(file: Path) -> dict:
    return yaml.safe_load(file.read_text()) or {}


def _models(folder: str) -> dict[str, dict]:
    """Everything that the yml files below a folder of `dbt/models` say about models, by name."""
    files = sorted((DBT / "models" / folder).rglob("*.yml"))
    return {model["name"]: model for file in files for model in _yml(file).get("models", [])}


@cache
def _doc_blocks() -> dict[str, str]:
    text = "".join(file.read_text() for file in sorted((DBT / "models").rglob("*.md")))
    return dict(re.findall(r"{% docs (\w+) %}\s*(.*?)\s*{% enddocs %}", text, re.DOTALL))


def _described(text: str) -> str:
    return re.sub(r"{{ *doc\('(\w+)'\) *}}", lambda found: _doc_blocks()[found[1]], text)


@cache
def _reasons() -> list[dict[str, str]]:
    """The product's table of reasons: code, status of the row, sentence, what to do, owner."""
    with (DBT / "seeds" / "refusal_reasons.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def reasons(status: str) -> str:
    """Every reason for which a row gets a status (`rejected`, `ignored`)."""
    rows = [row for row in _reasons() if row["row_status"] == status]
    return table(
        ("reason", "the message goes on", "what to do", "owner"),
        [(code(row["reason"]), row["sentence"], row["what_to_do"], row["owner"]) for row in rows],
    )


def reasons_of(source: str) -> str:
    """The reasons that the models of one source give themselves."""
    text = "".join(file.read_text() for file in sorted((DBT / "models/staging" / source).glob("*.sql")))
    rejected = [row["reason"] for row in _reasons() if row["row_status"] == "rejected"]
    used = [code(reason) for reason in rejected if f"'{reason}'" in text]
    return wrapped(", ".join(used) + "." if used else "Only what every source refuses.")


def headers(source: str) -> str:
    """The tables of a source with the names of their files and their known headers or records."""
    parts = []
    for described in _yml(DBT / f"models/staging/{source}/_{source}.yml")["sources"]:
        for entry in described["tables"]:
            meta = entry.get("config", {}).get("meta", {})
            patterns = meta.get("file_pattern", [])
            names = ", ".join(map(code, [patterns] if isinstance(patterns, str) else patterns))
            parts.append(
                wrapped(f"**{entry['name']}**: {entry['description']} Names of files: {names or 'any'}.")
            )
            parts.append(_headers_of(entry, meta))
    return "\n\n".join(parts)


def _headers_of(entry: dict, meta: dict) -> str:
    if "records" in meta:
        return wrapped(f"A document; its records are at `{meta['records']}`.")
    known = meta.get("headers") or [",".join(column["name"] for column in entry.get("columns", []))]
    return "```\n" + "\n".join(" ".join(header.split("\n")) for header in known) + "\n```"


def laws(severity: str) -> str:
    """Each test of `dbt/tests` of a severity (`error`, `warn`): what it says, and whose business it is."""
    rows = []
    for file in sorted((DBT / "tests").rglob("*.sql"), key=lambda file: file.stem):
        text = file.read_text()
        comment = " ".join(
            line.removeprefix("--").strip()
            for line in re.match(r"(--.*\n)*", text)[0].splitlines()
            if "depends_on" not in line
        )
        found = re.search(r"severity *= *'(\w+)'", text)
        owner = re.search(r"'owner': *'(\w+)'", text)
        if (found[1] if found else "error") == severity:
            link = f"[`{file.stem}`](../../{file.relative_to(ROOT)})"
            rows.append((link, comment, owner[1] if owner else "maintainer"))
    return table(("law", "what it says", "owner"), rows)


def models(floor: str) -> str:
    """The models of a floor by subject, each with its grain."""
    described, parts = _models(floor), []
    there = {path.name for path in (DBT / "models" / floor).iterdir() if path.is_dir()}
    for subject in sorted(there, key=lambda name: (SUBJECTS.index(name) if name in SUBJECTS else 99, name)):
        files = sorted(
            path for path in (DBT / "models" / floor / subject).iterdir() if path.suffix in (".sql", ".py")
        )
        rows = [
            (code(file.stem), _described(described.get(file.stem, {}).get("description", "")))
            for file in files
        ]
        parts.append(f"### {subject.capitalize()}\n\n{table(('model', 'grain'), rows)}")
    return "\n\n".join(parts)


def columns() -> str:
    """Every column of every mart."""
    parts = []
    for name, mart in sorted(_models("marts").items()):
        rows = [
            (code(column["name"]), column["data_type"], _described(column["description"]))
            for column in mart["columns"]
        ]
        grain = wrapped(_described(mart["description"]))
        parts.append(f"## {name}\n\n{grain}\n\n{table(('column', 'type', 'meaning'), rows)}")
    return "\n\n".join(parts)


def settings() -> str:
    """The table of environment variables, as the code says it."""
    docstring = ast.get_docstring(ast.parse((ROOT / "dagster_project/settings.py").read_text()))
    return "\n".join(line for line in docstring.splitlines() if line.startswith("|"))


def seeds(folder: str) -> str:
    """The files of facts that no feed sends: a company's own (`models`), or the product's (`seeds`)."""
    described = _yml(DBT / folder / "_seeds.yml")["seeds"]
    return table(
        ("seed", "what it holds"), [(code(s["name"]), _described(s["description"])) for s in described]
    )


def contract(entity: str) -> str:
    """The columns that the staging models of every source deliver for `events`, `prices` or `balances`."""
    listed = _yml(DBT / "dbt_project.yml")["vars"]["universal_columns"][entity]
    rows = [
        (code(name), column["type"], "yes" if column["required"] else "", column["meaning"])
        for name, column in listed.items()
    ]
    return table(("column", "type", "required", "meaning"), rows)


def sources() -> str:
    """A link for each source."""
    pages = sorted((ROOT / "docs/sources").glob("[!R]*.md"))
    titles = [(page.name, page.read_text().partition("\n")[0].removeprefix("# ")) for page in pages]
    return "\n".join(f"- [{title}]({name})" for name, title in titles)


PARTS: dict[str, Callable[..., str]] = {
    part.__name__: part
    for part in (reasons, reasons_of, headers, laws, models, columns, settings, seeds, contract, sources)
}


def generated(text: str) -> str:
    """A page with its generated parts as they should be."""

    def part(found: re.Match) -> str:
        name, *arguments = found[1].split()
        return f"<!-- generated: {found[1]} -->\n{PARTS[name](*arguments)}\n<!-- end -->"

    return PART.sub(part, text)


def stale() -> dict[Path, str]:
    """The pages that are not as they should be, with their text as it should be.

    `docs/reference/faults.md` is left out: tests/faults write it with what they measured.
    """
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data/sample").glob("*.md")]
    texts = {page: generated(wrapped(page.read_text())) for page in sorted(pages) if page.name != "faults.md"}
    return {page: text for page, text in texts.items() if text != page.read_text()}


if __name__ == "__main__":
    found = stale()
    if "--check" in sys.argv:
        sys.exit("".join(f"{page.relative_to(ROOT)} is stale: run `make docs`.\n" for page in found) or None)
    for page, text in found.items():
        page.write_text(text)
        print(page.relative_to(ROOT))
