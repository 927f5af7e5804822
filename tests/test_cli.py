"""The command: what it answers, what it refuses, and what it says when there is nothing to show."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from typer.testing import CliRunner

from dagster_project.build.checks import AuditFailed, Check
from dagster_project.build.warehouse import Build
from dagster_project.cli import app
from dagster_project.cli.answers import cell
from dagster_project.landing import LandingReport
from dagster_project.published.publish import publish
from dagster_project.runs import run_log
from dagster_project.runs.run import Run

NIGHT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


@pytest.fixture
def run(settings, monkeypatch):
    """Run the command in this process, in the house of `settings`."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments, text=None):
        return CliRunner().invoke(app, arguments, input=text)

    return invoke


@pytest.fixture
def house(built):
    """A published build of two marts with two rows each."""
    return publish(built(sales=2), NIGHT)


@pytest.mark.parametrize(
    "command",
    [
        "init",
        "nightly",
        "publish",
        "sql",
        "as-known",
        "status",
        "explain",
        "alert",
        "verify",
        "builds",
        "rollback",
        "rebuild-raw",
        "dev",
    ],
)
def test_every_command_has_help(run, command):
    assert command in run("--help").stdout
    assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    ("command", "code"),
    [(["sql", "from events"], 1), (["status"], 2), (["as-known", "2026-11-23"], 1)],
)
def test_before_the_first_night_it_says_what_to_do(run, command, code):
    result = run(*command)
    assert result.exit_code == code
    assert "Nothing is published" in result.stderr
    assert "coffer nightly" in result.stderr


def test_publishing_without_a_warehouse_says_what_to_do(run, settings):
    result = run("publish")
    assert result.exit_code == 1
    assert "There is no" in result.stderr
    assert "Nothing is published yet." in result.stderr


def test_sql_shows_a_table(run, house):
    assert run("sql", "from disposals").stdout.splitlines() == [
        "disposal_id  quantity  note",
        "d0                  0  =1+1",
        "d1                  1  =1+1",
        "2 rows",
    ]


def test_sql_reads_standard_input(run, house):
    assert "d1" in run("sql", text="from disposals").stdout


def test_sql_gives_all_rows_and_all_digits_as_csv_and_as_json(run, house):
    rows = list(csv.DictReader(io.StringIO(run("sql", "--csv", "from disposals").stdout)))
    assert rows[1] == {"disposal_id": "d1", "quantity": "1.000000000000000000", "note": "'=1+1"}
    rows = json.loads(run("sql", "--json", "from disposals").stdout)
    assert rows[1] == {"disposal_id": "d1", "quantity": "1.000000000000000000", "note": "=1+1"}
    assert json.loads(run("sql", "--json", "from disposals limit 0").stdout) == []


def test_a_table_shows_the_first_hundred_rows_and_says_so(run, house):
    lines = run("sql", "from range(101)").stdout.splitlines()
    assert len(lines) == 1 + 100 + 1
    assert "first 100 rows" in lines[-1]
    assert len(run("sql", "--csv", "from range(101)").stdout.splitlines()) == 1 + 101


def test_a_mistake_in_sql_is_a_message_and_no_traceback(run, house):
    result = run("sql", "select disposal from disposals")
    assert result.exit_code == 1
    assert "disposal_id" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "attack",
    [
        "from read_csv('/etc/passwd')",
        "from '/etc/passwd'",
        "select 1; from read_text('/proc/self/environ')",
        "from glob('/*')",
        "attach '{raw}' as raw",
        "from read_duckdb('{raw}')",
        "copy events to '{data}/stolen.csv'",
        "export database '{data}/stolen'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset enable_external_access",
        "set lock_configuration = false",
        "pragma enable_profiling = 'json'",
        "set global TimeZone = 'Asia/Tokyo'",
        "create secret (type s3)",
        "insert into events values ('e', now())",
        "create table marts.mine as select 1",
        "drop table events",
        "create macro m(x) as x",
    ],
)
def test_sql_reads_the_marts_and_nothing_else_of_this_machine(run, house, settings, attack):
    before = sorted(settings.data.rglob("*"))
    result = run("sql", attack.format(raw=settings.raw, data=settings.data))
    assert result.exit_code == 1
    assert "root:" not in result.output
    assert "COFFER" not in result.output
    assert sorted(settings.data.rglob("*")) == before


@pytest.fixture
def a_night(settings, house):
    """Write a night into the journal that ended so many hours ago."""

    def write(hours_ago=1, failure=None):
        ended = datetime.now(UTC) - timedelta(hours=hours_ago)
        began = ended - timedelta(minutes=1)
        night = Run(began, landed=LandingReport(), built=Build([], 1), failure=failure)
        night.published = None if failure else house
        run_log.write(settings, night, ended)

    return write


def test_status_says_how_far_the_figures_reach(run, house, a_night):
    a_night()
    result = run("status")
    assert "2026-11-23T02:30:00Z" in result.stdout
    assert "events up to 2026-02-10, from 1 file" in result.stdout
    assert result.exit_code == 0


def test_status_says_that_a_night_failed_and_why(run, a_night):
    a_night(hours_ago=2)
    failed = Check("a_law", "test", "fail", 7, "", "controller", "", [{"event_id": "e1"}])
    a_night(failure=AuditFailed("1 check failed:", [failed]))
    result = run("status")
    assert result.exit_code == 2
    assert "Last run   failed, ended" in result.stdout
    assert "a_law: 7 rows" in result.stdout
    assert "event_id=e1" in result.stdout


def test_status_tells_that_no_night_ran_at_all(run, house, a_night):
    assert run("status").exit_code == 2
    a_night(hours_ago=30)
    result = run("status")
    assert result.exit_code == 2
    assert "is the schedule running?" in result.stdout
    assert run("status", "--max-age", "50").exit_code == 0


def test_status_asks_for_a_look_where_a_check_warns(run, built, a_night):
    publish(built(failing="a_law", severity="warn"), NIGHT)
    a_night()
    assert run("status").exit_code == 1


def test_verify_finds_a_changed_byte(run, house):
    assert "is whole" in run("verify", str(house.path)).stdout
    house.database.chmod(0o644)
    house.database.write_bytes(b"x")
    for arguments in ([str(house.path)], []):
        result = run("verify", *arguments)
        assert result.exit_code == 1
        assert "coffer.duckdb has changed" in result.stderr


def test_publish_refuses_a_failed_check_and_says_that_yesterday_stays(run, house, built):
    built(failing="legs_of_an_event_sum_to_zero")
    result = run("publish")
    assert result.exit_code == 1
    assert "legs_of_an_event_sum_to_zero: 7 rows" in result.stderr
    assert "event_id=e0" in result.stderr
    assert f"Yesterday's build stays published: {house.path}" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("305000000.00"), "305000000"),
        (Decimal("0.000000010000000000"), "0.00000001"),
        (Decimal("1E+3"), "1000"),
        (Decimal("100"), "100"),
        (None, "null"),
        (True, "true"),
        (datetime(2026, 2, 8, 12), "2026-02-08 12:00:00"),
        ("\x1b[2Jgone\u202e", "\\x1b[2Jgone\\u202e"),
    ],
)
def test_a_cell_shows_every_digit_and_no_control_code(value, shown):
    assert cell(value) == shown


def test_an_old_reader_keeps_its_snapshot(house, built):
    with duckdb.connect(house.database, read_only=True) as reader:
        publish(built(sales=3), NIGHT)
        assert reader.execute("select count(*) from marts.events").fetchall() == [(2,)]


def test_a_day_of_which_nothing_was_known_or_that_is_still_to_come_is_refused(run, house):
    early = run("as-known", "2026-01-31")
    assert (early.exit_code, early.stderr.splitlines()[0]) == (
        1,
        "Nothing was known on 2026-01-31: the first file came on 2026-11-23.",
    )
    assert "2999-12-31 is still to come." in run("as-known", "2999-12-31").stderr
    assert "does not match the format" in run("as-known", "31.01.2026").stderr


def test_asking_a_day_that_nobody_looked_back_to_says_what_to_do(run, house):
    result = run("sql", "--known-on", "2026-11-23", "from changes_since")
    assert (result.exit_code, "coffer as-known 2026-11-23" in result.stderr) == (1, True)
