"""`coffer`: the house from a terminal. Each command imports what it needs, so that `sql` starts at once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.builds import Published, current, verify
from dagster_project.cli import answers, screen
from dagster_project.settings import Settings, load_settings

app = typer.Typer(
    help="Coffer: the SQL warehouse for companies that hold crypto.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # a traceback must not print what the variables hold
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"coffer {version('coffer')}")
        raise typer.Exit


@app.callback()
def coffer(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Coffer: the SQL warehouse for companies that hold crypto."""


@app.command(epilog="Example: [bold]COFFER_INBOX=~/exports coffer nightly[/bold]")
def nightly(
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run to end.")] = 10,
) -> None:
    """Land the inbox, build and audit the marts, publish them."""
    settings = load_settings()
    with _expected_failures(settings), screen.progress("Starting: loading Dagster and dbt"):
        from dagster_project.nightly import run_night

        night = run_night(settings, wait)
    screen.summary(night)


@app.command()
def publish() -> None:
    """Audit and publish the warehouse as it is, without landing or building."""
    settings = load_settings()
    with _expected_failures(settings), screen.progress("Publishing"):
        from datetime import UTC, datetime

        from dagster_project.lock import writing
        from dagster_project.publish import publish as publish_warehouse

        with writing(settings):
            build = publish_warehouse(settings, datetime.now(UTC))
    screen.published(build)


@app.command(
    epilog='Examples: [bold]coffer sql "from disposals"[/bold] · '
    '[bold]coffer sql --csv "from ledger" > ledger.csv[/bold] · [bold]coffer sql < question.sql[/bold]'
)
def sql(
    query: Annotated[str, typer.Argument(help="DuckDB SQL; without it, standard input or a prompt.")] = "",
    csv: Annotated[
        bool,
        typer.Option("--csv", help="All rows as CSV; a ' goes before text that a spreadsheet would run."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="All rows as JSON, decimals as text.")] = False,
) -> None:
    """Ask the published marts. Reads them and nothing else of this machine."""
    from duckdb import Error

    from dagster_project.database import connect_for_reading

    if csv and json:
        raise typer.BadParameter("Choose --csv or --json.")
    show = answers.show_csv if csv else answers.show_json if json else answers.show_table
    with connect_for_reading(_current(load_settings()).database) as connection:
        if not query and sys.stdin.isatty():
            return answers.prompt(connection, show)
        try:
            show(connection.execute(query or sys.stdin.read()))
        except Error as error:
            _fail(str(error))


@app.command()
def status() -> None:
    """Say what is published: when it was built, how far it reaches, and what deserves a look."""
    screen.status(_current(load_settings()))


@app.command("verify")
def verify_build(
    build: Annotated[
        Path | None, typer.Argument(help="A build's folder; the current one if not given.")
    ] = None,
) -> None:
    """Compare every file of a published build with its SHA-256."""
    path = build or _current(load_settings()).path
    try:
        faults = verify(path)
    except OSError as error:
        _fail(f"{path} is not a published build: {error}")
    if faults:
        _fail(f"{path} is damaged:", *faults, "`coffer nightly` publishes it anew.")
    typer.echo(f"{path} is whole.")


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Where the UI listens, on this machine only.")] = 3000,
) -> None:
    """Start Dagster's UI, and the daemon that begins every night at its time."""
    settings = load_settings()
    with _expected_failures(settings):
        from dagster_project.lock import AlreadyRunning
        from dagster_project.nightly import bury_dead_run, prepare_home
        from dagster_project.warehouse import ensure_manifest

        with prepare_home(settings) as instance, suppress(AlreadyRunning):
            bury_dead_run(settings, instance)
        ensure_manifest(settings)  # once, before several processes load the definitions
    typer.echo(
        f"Dagster's UI: http://127.0.0.1:{port} (Ctrl-C ends it). Nights begin at {settings.schedule} UTC,"
        " and when a file has come into the inbox."
    )
    quiet = ["-W", "ignore:Function `dev_command`"]  # `dg dev`, which it recommends, is one more package
    command = [sys.executable, *quiet, "-m", "dagster", "dev", "-m", "dagster_project.definitions"]
    arguments = ["-h", "127.0.0.1", "-p", str(port)]
    os.execve(sys.executable, [*command, *arguments], os.environ | settings.environment())


@contextmanager
def _expected_failures(settings: Settings) -> Iterator[None]:
    """End with a message and exit code 1 where data, another run or the disk is the cause."""
    from dagster_project.checks import AuditFailed
    from dagster_project.contracts import ContractError
    from dagster_project.lock import AlreadyRunning
    from dagster_project.warehouse import BuildFailed

    try:
        yield
    except AlreadyRunning as error:
        _fail(str(error))
    except AuditFailed as error:
        where = f"All of their rows are in schema audit of {settings.warehouse}: mend the files or the seeds."
        has_rows = any(check.rows for check in error.failed)
        _fail(str(error), *([where] if has_rows else []), _stays(settings))
    except KeyboardInterrupt:
        typer.echo(f"Interrupted. {_stays(settings)}", err=True)
        os._exit(130)  # at once: dbt's threads may still be inside DuckDB, which aborts an ordinary exit
    except (BuildFailed, ContractError, OSError) as error:
        _fail(str(error), _stays(settings))


def _stays(settings: Settings) -> str:
    """What readers have now."""
    build = current(settings)
    return f"Yesterday's build stays published: {build.path}" if build else "Nothing is published yet."


def _current(settings: Settings) -> Published:
    build = current(settings)
    if build is None:
        _fail(f"Nothing is published in {settings.published} yet. Run `coffer nightly` first.")
    return build


def _fail(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)
