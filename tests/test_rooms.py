"""The order of the rooms: in dbt by subject, in Python by package. An arrow never runs back."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

from dagster_project.build.warehouse import ensure_manifest, manifest_path
from dagster_project.settings import ROOT, Settings

MODELS = ROOT / "dbt" / "models"
# In the order in which rows flow.
SUBJECTS = ("rows", "prices", "events", "lots", "money", "loans", "capex", "control")
# What each package is for, in the order in which one may import another: only those above itself.
PACKAGES = {
    "settings": "every path and environment variable",
    "storage": "DuckDB connections and the disk",
    "lots": "the lot engine: pure, imports nothing else of ours",
    "loans": "the loan engine: pure, imports nothing else of ours",
    "landing": "bytes come in: inbox, contracts, readers, archive, raw rows",
    "feeds": "prices and balances that servers are asked for",
    "build": "dbt builds the warehouse, and checks look at it",
    "published": "what readers open: builds, site, workbooks, documentation, custody",
    "runs": "a run: job, lock, deadline, log, alerts, Dagster's assets and UI",
    "definitions": "what Dagster knows of all this",
    "cli": "the command `coffer`",
}
PURE = ("lots", "loans")


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, dict]:
    """The models of intermediate and marts, by name."""
    data = tmp_path_factory.mktemp("rooms")
    settings = Settings(data=data, inbox=ROOT / "data" / "sample", seeds=ROOT / "seeds")
    ensure_manifest(settings)
    nodes = json.loads(manifest_path(settings).read_text())["nodes"]
    return {
        node["name"]: node
        | {"refs": [nodes[it]["name"] for it in node["depends_on"]["nodes"] if it in nodes]}
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] in ("intermediate", "marts")
    }


def subject(model: dict) -> str:
    return model["path"].split("/")[1]


def test_every_model_lies_in_the_folder_of_a_subject(models):
    assert {subject(model) for model in models.values()} == set(SUBJECTS)


@pytest.mark.parametrize("floor", ["intermediate", "marts"])
def test_no_arrow_runs_back_from_one_subject_to_a_later_one(models, floor):
    back = [
        f"{name} ({subject(model)}) <- {ref} ({subject(models[ref])})"
        for name, model in models.items()
        if model["schema"] == floor
        for ref in model["refs"]
        if ref in models and SUBJECTS.index(subject(models[ref])) > SUBJECTS.index(subject(model))
    ]
    assert back == []


def test_no_mart_is_read_below_the_marts(models):
    down = [
        f"{name} <- {ref}"
        for name, model in models.items()
        if model["schema"] == "intermediate"
        for ref in model["refs"]
        if ref in models and models[ref]["schema"] == "marts"
    ]
    assert down == []


def test_each_folder_has_one_yml_that_describes_its_models():
    for folder in sorted(MODELS.glob("*/*/")):
        described = {
            model["name"]
            for model in yaml.safe_load((folder / f"_{folder.name}.yml").read_text()).get("models") or []
        }
        files = {path.stem for path in folder.iterdir() if path.suffix in (".sql", ".py")}
        assert described == files, folder


def test_two_models_share_a_name_only_where_one_is_the_answer_made_of_the_other(models):
    shared = [name for name in models if f"int_{name}" in models]
    assert [name for name in shared if f"int_{name}" not in models[name]["refs"]] == []


def imports(path: Path) -> set[str]:
    """The packages of ours that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "dagster_project":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dagster_project."):
            found.add(node.module.split(".")[1])
    return found


def files_of(package: str) -> list[Path]:
    folder = ROOT / "dagster_project" / package
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def test_every_package_is_listed():
    found = {path.stem for path in (ROOT / "dagster_project").iterdir() if not path.name.startswith("__")}
    assert found == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_those_before_it(package):
    order = list(PACKAGES)
    allowed = {package} if package in PURE else set(order[: order.index(package) + 1])
    for path in files_of(package):
        assert imports(path) <= allowed, path


def test_the_engines_answers_are_read_by_two_views_each(models):
    """What was matched and what is left are two relations; no other model takes the answer apart."""
    engines = [name for name, model in models.items() if "answer(" in model["raw_code"]]
    assert len(engines) == 3
    for engine in engines:
        readers = [name for name, model in models.items() if engine in model["refs"]]
        assert len(readers) == 2, engine


def test_every_null_has_a_type():
    """An untyped null becomes an INT in a union, in other engines and in Arrow."""
    untyped = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "dbt").rglob("*.sql")
        for line in path.read_text().splitlines()
        if re.search(r"(?<!is )(?<!not )\bnull as \w+", line)
    ]
    assert untyped == []
