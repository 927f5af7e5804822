"""Lists that stand in more than one place because their readers differ: they say the same."""

import csv
import re

import yaml

from dagster_project.cli.new_house import METHODS as OFFERED
from dagster_project.lots import COMPARED, METHODS
from dagster_project.settings import ROOT

PROJECT = yaml.safe_load((ROOT / "dbt" / "dbt_project.yml").read_text())["vars"]
SEEDS = yaml.safe_load((ROOT / "dbt" / "models" / "_seeds.yml").read_text())["seeds"]


def accepted(seed: str, column: str) -> list[str]:
    [columns] = [it["columns"] for it in SEEDS if it["name"] == seed]
    [tests] = [it["data_tests"] for it in columns if it["name"] == column]
    [values] = [test["accepted_values"]["arguments"]["values"] for test in tests if "accepted_values" in test]
    return values


def test_kinds_of_accounts():
    assert set(accepted("accounts", "kind")) == set(PROJECT["account_kinds"])


def test_lot_methods():
    by_lots = [name for name in METHODS if name not in ("newest", "oldest")]  # those are methods of money
    assert set(accepted("lot_policies", "method")) == set(by_lots) == set(OFFERED)


def test_compared_methods_have_their_columns():
    marts = yaml.safe_load((ROOT / "dbt" / "models" / "marts" / "lots" / "_lots.yml").read_text())["models"]
    [columns] = [mart["columns"] for mart in marts if mart["name"] == "method_comparison"]
    described = re.findall(r"\b(\w+)_gain_usd\b", " ".join(column["name"] for column in columns))
    assert [method for method in described if method != "realized"] == list(COMPARED)
    assert PROJECT["compared_methods"] == list(COMPARED)


def test_every_seed_of_the_sample_is_declared_with_its_columns():
    for seed in SEEDS:
        header = next(csv.reader((ROOT / "seeds" / f"{seed['name']}.csv").open()))
        declared = [column for column in seed["config"]["column_types"] if column != "source_row"]
        assert header == declared, seed["name"]
        assert {column["name"] for column in seed["columns"]} == set(declared), seed["name"]


def test_every_reason_has_an_owner_and_is_used():
    sql = "".join(path.read_text() for path in (ROOT / "dbt").rglob("*.sql"))
    python = "".join(path.read_text() for path in (ROOT / "dagster_project").rglob("*.py"))
    for reason in csv.DictReader((ROOT / "dbt" / "seeds" / "refusal_reasons.csv").open()):
        assert reason["owner"] in ("analyst", "controller", "maintainer", "nobody"), reason
        assert f"'{reason['reason']}'" in sql or f'"{reason["reason"]}"' in python, reason["reason"]


def test_every_universal_column_has_a_meaning():
    for columns in PROJECT["universal_columns"].values():
        for name, column in columns.items():
            assert column["meaning"][-1] in ".…", name
