"""Render the site of a published database: SQL to text, text to files."""

import json
import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import jinja2
import pyarrow as pa
from duckdb import DuckDBPyConnection

from dagster_project.published.site.columns import facts
from dagster_project.published.site.pages import PAGES, Page
from dagster_project.settings import Settings
from dagster_project.storage.database import connect_for_reading, name

log = logging.getLogger("coffer.site")

HERE = Path(__file__).parent
ON_DEMAND = "_chunk"  # a section with this column is read only where a row of another asks for its part


@dataclass(frozen=True)
class Section:
    """The answer to one SQL file: every value as exact text, null as None, and what each column is."""

    key: str
    query: str
    columns: list[dict[str, str | bool]]
    rows: pa.Table
    is_cut: bool
    chunk_rows: int

    @property
    def is_on_demand(self) -> bool:
        """Whether the page loads no part of it by itself."""
        return ON_DEMAND in self.rows.column_names

    def chunks(self) -> Iterator[tuple[int, pa.Table]]:
        """Its rows in parts with their numbers; without rows there is one empty part."""
        if self.is_on_demand:
            start = 0
            for number, rows in groupby(self.rows[ON_DEMAND].to_pylist()):
                size = sum(1 for _ in rows)
                yield int(number), self.rows.slice(start, size)
                start += size
        else:
            for start in range(0, max(len(self.rows), 1), self.chunk_rows):
                yield start // self.chunk_rows, self.rows.slice(start, self.chunk_rows)


def render(
    database: Path, folder: Path, memory_limit: str = Settings.memory_limit, spill: Path | None = None
) -> None:
    """Write the site of a published database into `folder`, which does not exist yet.

    Reads the database alone, with the rights that `coffer sql` has, within a limit of memory. The overview
    links to the workbooks and dbt's documentation, where they stand beside the site. A house that has taken
    marts away has no site.
    """
    with connect_for_reading(database, memory_limit, spill) as connection:
        if missing := _missing_marts(connection):
            log.warning(f"No site is made: it asks for {', '.join(sorted(missing))}.")
            return
        connection.execute((HERE / "sql" / "macros.sql").read_text())
        build, choices, status = (
            _records(connection, which) for which in ("build", "filters", "quality/headline")
        )
        shutil.copytree(HERE / "static", folder / "static")
        companies = {row["value"]: row["label"] for row in choices if row["filter"] == "company"}
        links, templates = _links(folder, companies), _templates()
        for page in PAGES:
            _write_data(folder / "data", page, _sections(connection, page))
            html = templates.get_template(f"{page.name}.html").render(
                page=page, pages=PAGES, build=build[0], status=status[0], choices=choices, links=links
            )
            (folder / page.file).write_text(html, encoding="utf-8")


def marts_asked() -> set[str]:
    """The marts that the pages read: every table after `from` or `join` that no query makes itself."""
    return {mart for file in (HERE / "sql").rglob("*.sql") for mart in _marts_of(file.read_text())}


def _marts_of(query: str) -> list[str]:
    code = re.sub(r"--.*|'[^']*'", "", query)
    own = re.findall(r"(\w+) as \(", code)
    return [table for table in re.findall(r"\b(?:from|join)\s+(\w+)\b(?![.(])", code) if table not in own]


def _missing_marts(connection: DuckDBPyConnection) -> set[str]:
    there = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
    return marts_asked() - {table for (table,) in there.fetchall()}


def _links(site: Path, companies: dict[str, str]) -> dict[str, str]:
    """What else a person may open in the build: path from the site by title."""
    workbooks = {
        f"Workbook of {companies.get(path.stem, path.stem)}": path
        for path in sorted(site.parent.glob("workbooks/*.xlsx"))
    }
    beside = workbooks | {"Documentation of the dbt project": site.parent / "dbt_docs.html"}
    there = {title: path.relative_to(site.parent) for title, path in beside.items() if path.exists()}
    return {title: f"../{quote(path.as_posix())}" for title, path in there.items()}


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _sections(connection: DuckDBPyConnection, page: Page) -> list[Section]:
    files = sorted((HERE / "sql" / page.name).glob("*.sql"))
    [limits] = connection.execute("select chunk_rows(), most_rows()").fetchall()
    about = _descriptions(connection)
    return [_section(connection, f"{page.name}/{file.stem}", file, limits, about) for file in files]


def _section(
    connection: DuckDBPyConnection,
    key: str,
    file: Path,
    limits: tuple[int, int],
    about: dict[tuple[str, str], str],
) -> Section:
    query, (chunk_rows, most_rows) = file.read_text().strip(), limits
    types = {column: kind for column, kind, *_ in connection.execute(f"describe {query}").fetchall()}
    texts = ", ".join(f"{_exact_text(column, kind)} as {name(column)}" for column, kind in types.items())
    end = "" if ON_DEMAND in types else f"limit {most_rows + 1}"  # one more shows that there are more
    rows = connection.sql(f"select {texts} from ({query}\n) {end}").to_arrow_table()
    is_cut = bool(end) and len(rows) > most_rows
    marts = _marts_of(query)  # the first that has a column says what it is
    comments = {
        column: about[mart, column] for mart in reversed(marts) for column in types if (mart, column) in about
    }
    columns = [
        {"name": column, **facts(column, kind, marts), "about": comments.get(column, "")}
        for column, kind in types.items()
    ]
    return Section(key, query, columns, rows.slice(0, most_rows) if is_cut else rows, is_cut, chunk_rows)


def _exact_text(column: str, kind: str) -> str:
    """SQL: all digits of a value as text, but for the zeros that only the type of a quantity adds."""
    text = f"{name(column)}::varchar"
    if kind.startswith("DECIMAL") and not kind.endswith((",0)", ",2)")):
        return f"rtrim(rtrim({text}, '0'), '.')"
    return text


def _descriptions(connection: DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """What each column of each mart means."""
    columns = connection.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'marts' and comment is not null"
    )
    return {(mart, column): comment for mart, column, comment in columns.fetchall()}


def _records(connection: DuckDBPyConnection, which: str) -> list[dict[str, str]]:
    answer = connection.execute((HERE / "sql" / f"{which}.sql").read_text())
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _write_data(folder: Path, page: Page, sections: list[Section]) -> None:
    """`<page>.js` says what the sections are and holds the first part of each; the others lie beside it.

    Rows are a text of JSON, which a browser reads in two thirds of the time that it needs for a literal.
    """
    calls = []
    for section in sections:
        chunks = {number: _columns(rows) for number, rows in section.chunks()}
        described = {
            "rows": len(section.rows),
            "isCut": section.is_cut,
            "chunks": 0 if section.is_on_demand else len(chunks),
            "columns": section.columns,
            "sql": section.query,
        }
        calls.append(_call("section", section.key, described))
        for number, columns in chunks.items():
            call = _call("add", section.key, number, _json(columns))
            if number == 0 and not section.is_on_demand:
                calls.append(call)
                continue
            file = folder / f"{section.key}.{number}.js"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(call, encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{page.name}.js").write_text("".join(calls), encoding="utf-8")


def _columns(rows: pa.Table) -> dict[str, object]:
    """Rows by column; texts that repeat are written once: {"of": [texts], "at": [place of each row's]}."""
    columns = {}
    for column in rows.column_names:
        values = rows[column].combine_chunks().dictionary_encode()
        texts, at = values.dictionary.to_pylist(), values.indices.to_pylist()
        columns[column] = (
            {"of": texts, "at": at} if len(texts) * 2 < len(at) else values.dictionary_decode().to_pylist()
        )
    return columns


def _call(function: str, *arguments: object) -> str:
    """A line of JavaScript; what stands in it is safe in a script wherever that stands."""
    call = f"coffer.{function}({','.join(map(_json, arguments))});\n"
    return call.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
