"""Every check has an owner and a line of what to do; and the check of volumes finds short files."""

import re
from datetime import datetime, timedelta

import duckdb
import pytest

from dagster_project.build.warehouse import run_unit_tests
from dagster_project.settings import ROOT

OWNERS = {"operator", "controller", "maintainer"}
LAST = datetime(2026, 11, 20, 2, 30)


@pytest.fixture
def house_ask(night):
    """What the warehouse of the sample's night says."""
    with duckdb.connect(night.settings.warehouse, read_only=True) as warehouse:
        yield lambda sql: warehouse.execute(sql).fetchall()


def test_every_check_has_an_owner_and_those_that_warn_are_not_the_maintainer_s(house_ask):
    rows = house_ask("select check_name, severity, owner from audit.checks where resource_type = 'test'")
    assert {owner for *_, owner in rows} == OWNERS
    assert [name for name, severity, owner in rows if (owner == "maintainer") != (severity == "error")] == []


def test_the_operator_s_page_says_of_every_check_that_warns_what_to_do(house_ask):
    page = (ROOT / "docs" / "operate.md").read_text()
    warns = house_ask("select check_name from audit.checks where severity = 'warn'")
    assert len(warns) > 15
    assert [name for (name,) in warns if f"| `{name}` warns |" not in page] == []


@pytest.fixture
def short_files():
    """The offenders of the check among files of (name, rows, days before the last landing)."""
    sql = next((ROOT / "dbt" / "tests").rglob("files_have_their_usual_size.sql")).read_text()
    sql = re.sub(r"{{ config.* }}", "", sql).replace("{{ ref('files') }}", "files")

    def find(*files: tuple[str, int, int]) -> list[str]:
        with duckdb.connect() as connection:
            connection.execute(
                "create table files (source varchar default 'bank', entity varchar default 'entries',"
                " source_file varchar, rows_landed bigint, landed_at timestamp)"
            )
            connection.executemany(
                "insert into files (source_file, rows_landed, landed_at) values (?, ?, ?)",
                [(name, rows, LAST - timedelta(days=days)) for name, rows, days in files],
            )
            return [name for name, *_ in connection.execute(sql).fetchall()]

    return find


def test_dbt_s_unit_tests_hold(night):
    found = run_unit_tests(night.settings)
    told = [path.read_text() for path in (ROOT / "dbt" / "models").rglob("*.yml")]
    assert len(found) == sum(text.count("    expect:") for text in told) > 15
    assert set(found.values()) == {"pass"}


USUAL = [(f"bank/acme/{days}.csv", 100, days) for days in (5, 4, 3, 2)]


@pytest.mark.parametrize(("rows", "found"), [(9, True), (0, True), (10, False), (1_000, False)])
def test_a_file_of_less_than_a_tenth_of_the_usual_rows_is_found(short_files, rows, found):
    assert short_files(*USUAL, ("bank/acme/new.csv", rows, 0)) == ["bank/acme/new.csv"] * found


def test_what_is_usual_is_learnt_from_earlier_files_of_the_folder(short_files):
    assert short_files(*USUAL[:2], ("bank/acme/new.csv", 1, 0)) == []
    assert short_files(*USUAL, ("bank/other/new.csv", 1, 0)) == []


def test_the_warning_ends_after_a_week(short_files):
    later = ("bank/acme/later.csv", 100, -7)
    assert short_files(*USUAL, ("bank/acme/new.csv", 1, 0), later) == []
