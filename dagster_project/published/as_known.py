"""Look back: the marts as they were known at the end of a past day, and what has changed in them since.

The same build over the rows that had landed by then, so a day looks as it looked in its own run, byte for
byte. Code and seeds are today's: what a person has corrected in the seeds since is corrected in the past too.
"""

import shutil
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from duckdb import DuckDBPyConnection

from dagster_project.build.warehouse import Manifest, build_warehouse, ensure_manifest
from dagster_project.published import builds
from dagster_project.published.builds import Published
from dagster_project.published.publish import export
from dagster_project.settings import Settings
from dagster_project.storage.database import attach, connect, name, text

CHANGES = {
    "mart": "The mart.",
    "row_key": "The row's key there, as JSON: row_key ->> 'disposal_id'.",
    "change_kind": "changed, came (the row is new) or went (the row is no more).",
    "column_name": "The column that changed; * where the whole row came or went.",
    "value_then": "What it said then, as text; the whole row as JSON where it went.",
    "value_now": "What the published build says now, likewise.",
}


class CannotLookBack(Exception):
    """There is nothing to show of that day, or nothing to compare it with; `str()` says why."""


@dataclass(frozen=True)
class LookBack:
    """A finished look back: its folder and manifest, and the published build it was compared with.

    `changes` counts rows by mart and kind (changed, came, went); `gains` are company, book, and the realized
    gain then and now, None where there was none.
    """

    build: Published
    present: Published
    changes: dict[tuple[str, str], int]
    gains: list[tuple[str, str, Decimal | None, Decimal | None]]


def look_back(settings: Settings, day: date, present: Published) -> LookBack:
    """Build what was known at the end of `day` (UTC) into `data/as_known/<day>/`; compare it with `present`.

    Nothing that is published or landed is touched. The caller holds the writer's lock, so that nothing lands
    meanwhile. Raises CannotLookBack, BuildFailed, AuditFailed; what failed stays in `<day>.tmp` to be read.
    """
    _refuse_before_the_first_landing(settings, day)
    then = replace(settings, known_on=day)
    settings.as_known.mkdir(exist_ok=True)
    builds.remove_leftovers(settings.as_known)
    manifest = ensure_manifest(then)
    build_warehouse(then)
    staged = then.warehouse.parent / "build"
    (staged / "parquet").mkdir(parents=True)
    facts = export(then, staged, lambda connection: _write_changes(connection, present, manifest))
    finished = Published(
        settings.as_known / f"{day}",
        {"known_on": f"{day}", "compared_with": present.manifest["build_id"]} | facts,
        is_new=True,
    )
    builds.seal(staged, finished.path, finished.manifest)
    shutil.rmtree(then.warehouse.parent)
    with connect(finished.database, read_only=True) as connection:
        attach(connection, present.database, "present")
        return LookBack(finished, present, _changed_rows(connection), _gains(connection))


def _refuse_before_the_first_landing(settings: Settings, day: date) -> None:
    with connect() as connection:
        attach(connection, settings.raw, "raw")
        [(first,)] = connection.execute(
            "select min(landed_at)::date from raw.landing.files where status = 'accepted'"
        ).fetchall()
    if first is None or first > day:
        came = f"the first file came on {first}" if first else "nothing has landed at all"
        raise CannotLookBack(f"Nothing was known on {day}: {came}.")


def _write_changes(connection: DuckDBPyConnection, present: Published, manifest: Manifest) -> None:
    attach(connection, present.database, "present")
    columns = ", ".join(f"{column} varchar" for column in CHANGES)
    connection.execute(f"create table coffer.marts.changes_since ({columns})")
    for mart, key in sorted(manifest.marts.items()):
        then, now = (_columns(connection, database, mart) for database in ("coffer", "present"))
        if then != now:
            raise CannotLookBack(
                f"The published build is of another version of Coffer: its {mart} has other columns. "
                "Run `coffer nightly` first."
            )
        differences = _differences(mart, key or list(then), then)
        connection.execute(f"insert into coffer.marts.changes_since {differences} order by all")
    connection.execute(
        "comment on table coffer.marts.changes_since is "
        "'One row per mart, row and column that differ between this build and the published one.'"
    )
    for column, comment in CHANGES.items():
        connection.execute(f"comment on column coffer.marts.changes_since.{column} is {text(comment)}")
    connection.execute("detach present")


def _columns(connection: DuckDBPyConnection, database: str, mart: str) -> dict[str, str]:
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where (database_name, schema_name, table_name) = (?, 'marts', ?) order by column_index",
            [database, mart],
        ).fetchall()
    )


def _differences(mart: str, key: list[str], columns: dict[str, str]) -> str:
    """SQL: the rows of `changes_since` for one mart. Rows that are equal fall out first, by hash."""
    then, now = f"coffer.marts.{name(mart)}", f"present.marts.{name(mart)}"
    only_then, only_now = (
        f"(select *, true as is_there from (from {here} except all from {there}))"
        for here, there in ((then, now), (now, then))
    )
    is_same = " and ".join(
        f"before.{name(column)} is not distinct from after.{name(column)}" for column in key
    )
    row_key = _as_json({column: f"coalesce(before.{name(column)}, after.{name(column)})" for column in key})
    before, after = (
        {column: _as_text(row, column, kind) for column, kind in columns.items()}
        for row in ("before", "after")
    )
    cells = [_cell(column, before[column], after[column]) for column in columns if column not in key]
    whole_row = _cell(
        "*",
        f"case when before.is_there then {_as_json(before)} end",
        f"case when after.is_there then {_as_json(after)} end",
    )
    return f"""
        select {text(mart)}, row_key, change_kind, cell.column_name, cell.value_then, cell.value_now
        from (
            select
                {row_key} as row_key,
                case
                    when after.is_there is null then 'went'
                    when before.is_there is null then 'came'
                    else 'changed'
                end as change_kind,
                unnest(if(change_kind = 'changed', [{", ".join(cells)}], [{whole_row}])) as cell
            from {only_then} as before
            full join {only_now} as after on {is_same}
        )
        where cell.value_then is distinct from cell.value_now
    """


def _cell(column: str, then: str, now: str) -> str:
    return f"{{column_name: {text(column)}, value_then: {then}, value_now: {now}}}"


def _as_json(values: dict[str, str]) -> str:
    fields = ", ".join(f"{name(column)}: {value}::varchar" for column, value in values.items())
    return f"to_json({{{fields}}})::varchar"


def _as_text(row: str, column: str, kind: str) -> str:
    """All digits of a value, but for the zeros at a decimal's end."""
    value = f"{row}.{name(column)}::varchar"
    has_fraction = kind.startswith("DECIMAL") and not kind.endswith(",0)")
    return f"rtrim(rtrim({value}, '0'), '.')" if has_fraction else value


def _changed_rows(connection: DuckDBPyConnection) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        "select mart, change_kind, count(distinct row_key) from marts.changes_since group by all order by all"
    ).fetchall()
    return {(mart, kind): count for mart, kind, count in rows}


def _gains(connection: DuckDBPyConnection) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    sums = "(select company_id, book, sum(realized_gain_usd) as gain_usd from {}marts.disposals group by all)"
    return connection.execute(
        "select company_id, book, before.gain_usd, after.gain_usd "
        f"from {sums.format('')} as before full join {sums.format('present.')} as after "
        "using (company_id, book) order by all"
    ).fetchall()
