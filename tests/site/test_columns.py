"""How a column is shown is said for each mart, in words that the site knows."""

import yaml

from dagster_project.published.site.columns import NUMBERS, TEXTS, TRAITS, facts, shown
from dagster_project.settings import Settings

MODELS = {
    model["name"]: {column["name"]: column["data_type"] for column in model["columns"]}
    for file in (Settings.dbt / "models" / "marts").rglob("*.yml")
    for model in yaml.safe_load(file.read_text())["models"]
}


def test_every_word_is_known_and_every_column_exists():
    assert {word for words in shown().values() for word in words} <= {*NUMBERS, *TEXTS, *TRAITS, "month"}
    assert [(mart, column) for mart, column in shown() if mart and column not in MODELS[mart]] == []


def test_every_amount_and_ratio_of_a_mart_says_how_it_is_shown():
    endings = {"_usd": ("money", "price"), "_ratio": ("ratio",), "_rate": ("ratio",)}
    silent = [
        (mart, column)
        for mart, columns in MODELS.items()
        for column, data_type in columns.items()
        for ending, kinds in endings.items()
        if column.endswith(ending)
        and data_type.startswith("decimal")
        and not shown().get((mart, column), set()) & {*kinds}
    ]
    assert silent == []


def test_a_column_is_shown_as_its_mart_says():
    assert facts("cost_usd", "DECIMAL(18,2)", ["disposals"]) == {"kind": "money", "unknown_if_empty": True}
    assert facts("source_row", "BIGINT", ["disposals"]) == {"kind": "ordinal"}
    assert facts("book", "VARCHAR", ["disposals"]) == {"kind": "text"}
