"""Running dbt inside this process: parsed once, told apart from a bad project, and nothing left behind."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.build import warehouse
from dagster_project.build.warehouse import BuildFailed, ensure_manifest
from dagster_project.settings import ROOT, Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """A house whose dbt project and seeds may be changed."""
    folder = tmp_path_factory.mktemp("warehouse")
    shutil.copytree(ROOT / "dbt", folder / "dbt", ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copytree(ROOT / "seeds", folder / "seeds")
    return Settings(folder / "data", ROOT / "data" / "sample", folder / "seeds", dbt=folder / "dbt")


@pytest.fixture
def parses(monkeypatch):
    """How often dbt is called from here on, without calling it."""
    calls = []
    monkeypatch.setattr(warehouse, "_dbt", lambda _settings, command: calls.append(command))
    return calls


def test_the_manifest_knows_every_mart_and_its_key_and_every_law(settings):
    manifest = ensure_manifest(settings)
    assert manifest.marts.keys() == {path.stem for path in settings.dbt.glob("models/marts/**/*.sql")}
    assert all(manifest.marts.values()), "every mart declares its key"
    assert {path.stem for path in settings.dbt.glob("tests/*/*.sql")} <= manifest.checks
    assert {path.stem for path in settings.seeds.glob("*.csv")} <= manifest.tables


def test_a_project_that_did_not_change_is_not_parsed_again(settings, parses):
    assert ensure_manifest(settings) == ensure_manifest(settings)
    assert parses == []


@pytest.mark.parametrize(
    "changed", ["dbt/models/marts/loans/loans.sql", "seeds/companies.csv", "dbt/dbt_project.yml"]
)
def test_a_changed_file_is_parsed_again(settings, parses, changed):
    ensure_manifest(settings)
    before = len(parses)
    with (settings.dbt.parent / changed).open("a") as file:
        file.write("\n")
    ensure_manifest(settings)
    assert len(parses) == before + 1


def test_a_new_file_and_a_removed_one_are_parsed_again(settings, parses):
    ensure_manifest(settings)
    before = len(parses)
    new = settings.dbt / "models" / "marts" / "new.sql"
    new.touch()
    ensure_manifest(settings)
    new.unlink()
    ensure_manifest(settings)
    assert len(parses) == before + 2


def test_a_project_that_does_not_parse_names_the_model_and_leaves_no_trace(settings):
    broken = replace(settings, dbt=settings.dbt.with_name("broken"))
    shutil.copytree(settings.dbt, broken.dbt)
    with (broken.dbt / "models" / "marts" / "loans" / "loans.sql").open("a") as model:
        model.write("{{ nonsense")
    environment, folder = dict(os.environ), Path.cwd()
    with pytest.raises(BuildFailed, match=r"models/marts/loans/loans\.sql"):
        ensure_manifest(broken)
    assert (dict(os.environ), Path.cwd()) == (environment, folder)
