"""Clients that open what is published: docs/connect.md is true, types can be read, and nothing else can."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy

from dagster_project.published.builds import current
from dagster_project.settings import ROOT

PAGE = (ROOT / "docs/connect.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
SQL = [code for language, code in BLOCKS if language == "sql"]
DECIMALS = {"(18,2)", "(38,18)", "(28,8)", "(18,6)", "(9,6)", "(12,8)", "(9,2)"}
READABLE = {
    "VARCHAR",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP",
    "INTEGER",
    "BIGINT",
    *(f"DECIMAL{it}" for it in DECIMALS),
}


@pytest.fixture
def home(night, tmp_path):
    """A folder in which `data/published` is that of the sample's night."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/published").symlink_to(night.settings.published)
    return tmp_path


@pytest.mark.parametrize(
    ("code", "said"),
    [
        *zip(
            PYTHON,
            (
                "[('cango', Decimal('-241071207.48')), ",
                "decimal128(38, 18)",
                "One row per book and asset leaving a pool",
            ),
            strict=True,
        )
    ],
    ids=["duckdb", "pyarrow", "sqlalchemy"],
)
def test_the_python_of_the_page_runs_and_shows_what_it_says(home, code, said):
    ran = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(said)


@pytest.fixture(scope="module")
def database(night, tmp_path_factory):
    """A copy of the published file: within one process, DuckDB opens a file with one set of settings only."""
    return Path(shutil.copy(current(night.settings).database, tmp_path_factory.mktemp("published")))


def test_the_settings_of_the_page_can_be_set_and_not_taken_back(database, tmp_path):
    [settings] = SQL
    with duckdb.connect(shutil.copy(database, tmp_path), read_only=True) as connection:
        connection.execute(settings)
        with pytest.raises(duckdb.PermissionException):
            connection.execute("from read_csv('/etc/passwd')")
        with pytest.raises(duckdb.InvalidInputException):
            connection.execute("set enable_external_access = true")


@pytest.fixture(scope="module")
def engine(database):
    """As Superset connects: with the settings of the page's address."""
    settings = re.search(r'"duckdb:///data/published/current/coffer.duckdb"\s*"(\?.*?)"', PAGE)[1]
    engine = sqlalchemy.create_engine(f"duckdb:///{database}{settings}", poolclass=sqlalchemy.NullPool)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "attack",
    [
        "from read_csv('/etc/passwd')",
        "select * from read_text('/proc/self/environ')",
        "copy marts.events to '/tmp/coffer-stolen.csv'",
        "attach '{raw}' as raw",
        "install httpfs",
        "set enable_external_access = true",
        "reset lock_configuration",
        "create table marts.mine as select 1",
        "delete from marts.events",
        "drop table marts.events",
    ],
)
def test_the_address_of_the_page_reads_the_marts_and_nothing_else(engine, night, attack):
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select count(*) from marts.events")).scalar() > 0
        with pytest.raises(sqlalchemy.exc.SQLAlchemyError):
            connection.execute(sqlalchemy.text(attack.format(raw=night.settings.raw)))


def test_tables_columns_types_and_comments_are_reflected(engine, night):
    inspector = sqlalchemy.inspect(engine)
    marts = current(night.settings).manifest["marts"]
    assert set(inspector.get_table_names(schema="marts")) == marts.keys()
    for name, mart in marts.items():
        assert inspector.get_table_comment(name, schema="marts")["text"] == mart["description"]
        columns = inspector.get_columns(name, schema="marts")
        told = [(column["name"], column["comment"]) for column in columns]
        assert told == [(column["name"], column["description"]) for column in mart["columns"]]
        assert not [
            column["name"] for column in columns if isinstance(column["type"], sqlalchemy.types.NullType)
        ]
        assert not [
            column["name"] for column in columns if isinstance(column["type"], sqlalchemy.types.Float)
        ]


def test_every_published_column_has_a_type_that_clients_read(published):
    types = published.execute(
        "select distinct schema_name, data_type, any_value(table_name || '.' || column_name) "
        "from duckdb_columns() where schema_name in ('marts', 'marts_meta') group by all"
    ).fetchall()
    assert {schema for schema, *_ in types} == {"marts", "marts_meta"}
    assert [it for it in types if it[1] not in READABLE] == []


def test_parquet_files_have_no_float_and_no_zone(night):
    for path in (current(night.settings).path / "parquet").iterdir():
        for field in pq.read_schema(path):
            assert not pa.types.is_floating(field.type), (path.stem, field)
            assert field.type not in (pa.uint64(), pa.timestamp("us", "UTC")), (path.stem, field)


def test_a_new_night_is_seen_once_the_file_is_opened_anew(tmp_path):
    """As the page says: an open file stays as it is; with the pool of the page each question opens it."""
    for night in ("monday", "tuesday"):
        (tmp_path / night).mkdir()
        with duckdb.connect(tmp_path / night / "coffer.duckdb") as connection:
            connection.execute(f"create table nights as select '{night}' as night")
    link, question = tmp_path / "current", sqlalchemy.text("select night from nights")
    link.symlink_to("monday")
    address = f"duckdb:///{link}/coffer.duckdb?access_mode=read_only"
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
    with engine.connect() as opened:
        assert opened.execute(question).scalar() == "monday"
        (tmp_path / "next").symlink_to("tuesday")
        (tmp_path / "next").replace(link)
        assert opened.execute(question).scalar() == "monday"
    with engine.connect() as anew:
        assert anew.execute(question).scalar() == "tuesday"
