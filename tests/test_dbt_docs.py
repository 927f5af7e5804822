"""dbt's documentation as published: one file that knows every mart, and asks nobody for anything."""

import json
import re

import pytest

from dagster_project.published import dbt_docs
from dagster_project.published.builds import current
from dagster_project.settings import ROOT


@pytest.fixture(scope="module")
def document(night):
    return (current(night.settings).path / "dbt_docs.html").read_text()


@pytest.fixture(scope="module")
def inlined(document):
    """The manifest and the catalog as the page holds them."""
    found = re.search(r"n=\{manifest:(\{.*?\}),catalog:(\{.*?\})\},r=\{project", document, re.DOTALL)
    return [json.loads(part) for part in found.groups()]


def test_every_mart_is_there_with_its_columns_and_their_descriptions(inlined, published):
    manifest, catalog = inlined
    for path in (ROOT / "dbt/models/marts").rglob("*.sql"):
        columns = published.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where schema_name = 'marts' and table_name = ? order by column_index",
            [path.stem],
        ).fetchall()
        told = catalog["nodes"][f"model.coffer.{path.stem}"]["columns"].values()
        assert [(it["name"], it["type"], it["comment"]) for it in told] == columns
        assert manifest["nodes"][f"model.coffer.{path.stem}"]["raw_code"].startswith("-- One row per")


def test_every_model_seed_and_exposure_is_there_and_no_row_of_a_seed(inlined):
    manifest, catalog = inlined
    models = {path.stem for path in (ROOT / "dbt/models").rglob("*.sql")}
    seeds = {path.stem for path in (ROOT / "seeds").glob("*.csv")}
    assert {node.rpartition(".")[2] for node in catalog["nodes"]} >= models | seeds
    assert "exposure.coffer.workbook" in manifest["exposures"]
    assert "stocktitan" not in json.dumps(inlined)  # as sources of seeds' rows name


def test_nothing_is_loaded_from_anywhere(document):
    assert document.count("Content-Security-Policy") == 1
    assert document.index("Content-Security-Policy") < document.index("<script")
    assert "default-src 'none'" in dbt_docs.POLICY
    assert "http" not in dbt_docs.POLICY
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=\"(https?:)?//", document)


def test_it_says_nothing_of_the_machine_or_the_run(document, night):
    manifest = night.settings.dbt_target / "target" / "manifest.json"
    metadata = json.loads(manifest.read_text())["metadata"]
    private = [str(ROOT), str(night.settings.data), metadata["generated_at"], metadata["invocation_id"]]
    assert not [it for it in private if it in document]


def test_the_same_project_and_warehouse_give_the_same_bytes(document, night, tmp_path):
    dbt_docs.write(night.settings, tmp_path)
    assert (tmp_path / "dbt_docs.html").read_text() == document


def test_a_text_cannot_end_the_script():
    assert dbt_docs._inline({"description": "</script><script>alert(1)"}) == (
        '{"description":"<\\/script><script>alert(1)"}'
    )


def test_a_page_of_another_dbt_is_refused(night, tmp_path, monkeypatch):
    other = tmp_path / "index.html"
    other.write_text("<html>")
    monkeypatch.setattr("dbt.task.docs.DOCS_INDEX_FILE_PATH", str(other))
    with pytest.raises(ValueError, match="page of documentation has changed"):
        dbt_docs.write(night.settings, tmp_path)
