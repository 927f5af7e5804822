"""How the site shows a column: what the `meta` of its mart says, and `columns.yml` of what queries add.

| word in `shown` | the column is shown as |
|---|---|
| `money`, `price`, `ratio` | dollars, dollars a unit, percent |
| `ordinal` | a number that only counts: its digits are not grouped |
| `month`, `company`, `link` | a month, the name of a company, a link |
| `words` | words: underscores become spaces |
| `status`, `status_if_known` | a coloured tag; the latter only for words that have a colour |
| `unknown_if_empty` | `not known` where it is null |

A column that no list names is shown by its type: number, time, truth or text.
"""

from functools import cache
from pathlib import Path

import yaml

from dagster_project.settings import Settings

NUMBERS = ("money", "price", "ratio", "ordinal")
TEXTS = ("company", "link")
TRAITS = ("words", "status", "status_if_known", "unknown_if_empty")
OWN = Path(__file__).with_name("columns.yml")


@cache
def shown() -> dict[tuple[str, str], frozenset[str]]:
    """The words of each column of each mart; those of the queries' own columns stand under the mart ''."""
    lists = {"": yaml.safe_load(OWN.read_text())["shown"]}
    for file in sorted((Settings.dbt / "models" / "marts").rglob("*.yml")):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            lists[model["name"]] = model.get("config", {}).get("meta", {}).get("shown", {})
    words: dict[tuple[str, str], set[str]] = {}
    for mart, columns_by_word in lists.items():
        for word, columns in columns_by_word.items():
            for column in columns:
                words.setdefault((mart, column), set()).add(word)
    return {column: frozenset(found) for column, found in words.items()}


def facts(column: str, data_type: str, marts: list[str]) -> dict[str, str | bool]:
    """What the page knows of a column that stands in one of these marts, the first of which counts."""
    known = shown()
    words = next((known[mart, column] for mart in (*marts, "") if (mart, column) in known), frozenset())
    return {"kind": _kind(data_type, words)} | {word: True for word in TRAITS if word in words}


def _kind(data_type: str, words: frozenset[str]) -> str:
    if data_type.startswith(("DECIMAL", "HUGEINT", "BIGINT", "INTEGER")):
        return next((kind for kind in NUMBERS if kind in words), "number")
    if data_type.startswith(("TIMESTAMP", "DATE")):
        return "month" if "month" in words else "time"
    if data_type == "BOOLEAN":
        return "truth"
    return next((kind for kind in TEXTS if kind in words), "text")
