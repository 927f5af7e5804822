"""dbt's documentation of the project as one file that asks nobody for anything: `dbt_docs.html`.

What `dbt docs generate --static` makes, from the manifest of the last parse and the columns of the warehouse.
Not made by that command, which would parse again, change the manifest under its readers, and write paths of
this machine and the time into a file that is published. The same project and warehouse give the same bytes.
"""

import json
from pathlib import Path

from duckdb import DuckDBPyConnection

from dagster_project.build.warehouse import manifest_path
from dagster_project.settings import Settings
from dagster_project.storage.database import attach, connect

PROJECT = "coffer"
ABOUT_A_RUN = ("generated_at", "invocation_id", "invocation_started_at", "run_started_at", "user_id", "env")
ABOUT_A_MACHINE = ("root_path", "build_path", "compiled_path", "created_at")
# The page is dbt's: its script stands inline and compiles templates. Whatever else it wants, it may not load.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:"
)
COLUMNS = """
select
    schema_name,
    table_name,
    list(
        {name: column_name, type: data_type, comment: coalesce(comment, ''), index: column_index}
        order by column_index
    )
from duckdb_columns() where database_name = 'warehouse' group by all order by all
"""


def write(settings: Settings, build: Path) -> None:
    """Write `dbt_docs.html` into a build's folder, of the project and warehouse that are being published."""
    from dbt.task.docs import DOCS_INDEX_FILE_PATH

    manifest = json.loads(manifest_path(settings).read_text())
    with connect() as connection:
        attach(connection, settings.warehouse, "warehouse")
        catalog = _catalog(connection, manifest)
    page = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    for before, after in (
        ("<head>", f"<head>{policy}"),
        ('"MANIFEST.JSON INLINE DATA"', _inline(_published(manifest))),
        ('"CATALOG.JSON INLINE DATA"', _inline(catalog)),
    ):
        if page.count(before) != 1:
            raise ValueError(f"dbt's page of documentation has changed: {before} is not once in it.")
        page = page.replace(before, after)
    (build / "dbt_docs.html").write_text(page, encoding="utf-8")


def _published(manifest: dict) -> dict:
    """The manifest without what only a machine or a run knows, and without dbt's own macros (600 of 630)."""
    for key in ABOUT_A_RUN:
        manifest.get("metadata", {}).pop(key, None)
    manifest["macros"] = {
        key: macro for key, macro in manifest.get("macros", {}).items() if macro["package_name"] == PROJECT
    }
    for nodes in manifest.values():
        for node in nodes.values() if isinstance(nodes, dict) else ():
            if isinstance(node, dict):
                _forget_machine(node)
    return manifest


def _forget_machine(node: dict) -> None:
    for key in ABOUT_A_MACHINE:
        node.pop(key, None)
    path = Path(node.get("original_file_path", ""))
    if path.is_absolute():  # of a seed: its folder is the company's
        node["original_file_path"] = f"seeds/{path.name}"


def _catalog(connection: DuckDBPyConnection, manifest: dict) -> dict:
    """Columns of every table and view of the warehouse as dbt's catalog has it, by the id of its node."""
    ids = {
        (node["schema"], node["name"]): unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
    }
    nodes = {}
    for schema, name, columns in connection.execute(COLUMNS).fetchall():
        if unique_id := ids.get((schema, name)):
            kind = manifest["nodes"][unique_id]["config"]["materialized"]
            nodes[unique_id] = {
                "unique_id": unique_id,
                "metadata": {"type": kind, "schema": schema, "name": name, "database": "warehouse"},
                "columns": {column["name"]: column for column in columns},
                "stats": {},
            }
    return {"metadata": {}, "nodes": nodes, "sources": {}, "errors": None}


def _inline(data: dict) -> str:
    """JSON as it may stand in a script: nothing in it can end that."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
