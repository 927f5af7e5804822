"""`coffer`: the house from a terminal. Each command imports what it needs, so that `sql` starts at once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.cli import answers, screen
from dagster_project.published import builds
from dagster_project.published.builds import Published, current, read
from dagster_project.runs import run_log
from dagster_project.settings import Settings, load_settings

DAY = "%Y-%m-%d"
ADVICE = {  # by what DuckDB says
    "No space left on device": "Make room on the disk and run again.",
    "Out of Memory Error": "Let DuckDB take more memory (COFFER_MEMORY_LIMIT), or give the machine more.",
    "Corrupt database file": "A database is damaged; `coffer rebuild-raw` rebuilds it if it is raw.duckdb.",
    "Could not read enough bytes": "A database is cut; `coffer rebuild-raw` rebuilds it if it is raw.duckdb.",
}

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


@app.command(epilog='Example: [bold]coffer init ~/coffer --company acme --name "Acme Inc."[/bold]')
def init(
    folder: Annotated[Path, typer.Argument(help="Where your house shall stand; it must have no seeds yet.")],
    company: Annotated[str, typer.Option(help="The company's id, which begins the ids of its accounts.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    fiscal_year_end: Annotated[str, typer.Option(help="The last day of its fiscal year, MM-DD.")] = "12-31",
    time_zone: Annotated[str, typer.Option(help="Where its days end, as in the IANA database.")] = "UTC",
    method: Annotated[str, typer.Option(help="By which lots leave: fifo, hifo, average …")] = "fifo",
) -> None:
    """Begin your own house: seeds with your company in them, and an inbox."""
    from dagster_project.cli.new_house import Company, new_house

    folder = folder.expanduser().resolve()
    try:
        new_house(folder, Company(company, name, fiscal_year_end, time_zone, method))
    except FileExistsError:
        _fail(f"{folder / 'seeds'} exists already. Choose another folder, or edit the seeds that are there.")
    except ValueError as error:
        _fail(str(error))
    screen.begun(folder)


@app.command(epilog="Example: [bold]COFFER_INBOX=~/exports coffer nightly[/bold]")
def nightly(
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run to end.")] = 10,
) -> None:
    """Land the inbox, build and audit the marts, publish them."""
    settings = load_settings()
    with _expected_failures(settings), screen.progress("Starting: loading Dagster and dbt"):
        from dagster_project.cli.run_nightly import run_nightly

        run = run_nightly(settings, wait)
    screen.summary(run)


@app.command()
def publish() -> None:
    """Audit and publish the warehouse as it is, without landing or building."""
    settings = load_settings()
    with _expected_failures(settings), screen.progress("Publishing"):
        from dagster_project.published.publish import publish as publish_warehouse
        from dagster_project.runs.lock import writing

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
    known_on: Annotated[
        datetime | None, typer.Option(formats=[DAY], help="Ask what `as-known` built for this day.")
    ] = None,
) -> None:
    """Ask the published marts. Reads them and nothing else of this machine."""
    from duckdb import Error

    from dagster_project.storage.database import connect_for_reading

    if csv and json:
        raise typer.BadParameter("Choose --csv or --json.")
    show = answers.show_csv if csv else answers.show_json if json else answers.show_table
    settings = load_settings()
    build = _as_known(settings, known_on.date()) if known_on else _current(settings)
    with connect_for_reading(build.database) as connection:
        if not query and sys.stdin.isatty():
            return answers.prompt(connection, show)
        try:
            show(connection.execute(query or sys.stdin.read()))
        except Error as error:
            _fail(str(error))


@app.command(
    epilog="Example: [bold]coffer as-known 2026-01-31[/bold] · then "
    '[bold]coffer sql --known-on 2026-01-31 "from changes_since"[/bold]'
)
def as_known(
    day: Annotated[datetime, typer.Argument(formats=[DAY], help="Known at the end of this day, UTC.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for another run to end.")] = 10,
) -> None:
    """Build the marts as they were known on a past day, beside the published ones, and compare the two.

    The same build over what had landed by then. Code and seeds are today's. Nothing that is published is
    touched; `changes_since` in the new file has one row per mart, row and column that differ.
    """
    settings, then = load_settings(), day.date()
    if then > datetime.now(UTC).date():
        raise typer.BadParameter(f"{then} is still to come.")
    present = _current(settings)
    with (
        _expected_failures(replace(settings, known_on=then)),
        screen.progress(f"Looking back to {then}: loading dbt"),
    ):
        from dagster_project.published.as_known import look_back
        from dagster_project.runs.lock import writing

        with writing(settings, wait):
            found = look_back(settings, then, present)
    screen.look_back(found)


@app.command(
    epilog="Examples: [bold]coffer explain gaap:treasury_csv:cango-sale-2026-02-08:out[/bold] · "
    "[bold]coffer explain sale-2026[/bold] lists the ids that contain it"
)
def explain(
    what: Annotated[str, typer.Argument(help="A disposal_id, repayment_id, capex_id, lot_id or event_id.")],
) -> None:
    """Show one number as a tree, down to the files and rows that it rests on."""
    from rich import print as show

    from dagster_project.cli.explain import explain as explain_id
    from dagster_project.cli.explain import similar
    from dagster_project.storage.database import connect_for_reading

    with connect_for_reading(_current(load_settings()).database) as connection:
        if tree := explain_id(connection, what):
            return show(tree)
        ids = similar(connection, what)
        _fail(f"There is no {what}.", *(["Did you mean one of these?", *ids] if ids else []))


@app.command(epilog="Example, as a watchman: [bold]coffer status || notify-the-controller[/bold]")
def status(
    max_age: Annotated[float, typer.Option(help="Hours after which a run is missed.")] = 26,
) -> None:
    """Say what is published and how the last run ended.

    Exit code 0: all is well. 1: something deserves a look (checks that warn, refused rows or files).
    2: the last run failed or did not take place, or nothing is published.
    """
    from datetime import UTC, datetime

    settings, now = load_settings(), datetime.now(UTC)
    build, run = current(settings), run_log.last(settings)
    if build:
        screen.status(build)
    else:
        typer.echo(f"Nothing is published in {settings.published} yet. Run `coffer nightly` first.", err=True)
    is_overdue = run is None or run_log.is_overdue(run, now, max_age)
    screen.last_run(run, is_overdue)
    if build is None or is_overdue or run["outcome"] == "failed":
        raise typer.Exit(2)
    has_refused = build.rows.get("rejected_rows") or run["landing"]["refused"]
    raise typer.Exit(1 if has_refused or build.manifest["checks"]["warnings"] else 0)


@app.command(
    epilog="Examples: [bold]coffer alert[/bold] shows it · [bold]coffer alert --test[/bold] tries every way"
)
def alert(
    test: Annotated[bool, typer.Option("--test", help="Send a test message every way that is set.")] = False,
) -> None:
    """Show what the next message would say about the published build, or send one as a test.

    A run sends its alert by itself, in the ways that COFFER_ALERT_WEBHOOK and COFFER_ALERT_SMTP name.
    """
    from dagster_project.runs import alerts

    settings = load_settings()
    if not test:
        return screen.alert_preview(*alerts.preview(settings, _current(settings), datetime.now(UTC)))
    message = alerts.send(settings, "Coffer: a test message", "Whoever reads this gets the alerts of Coffer.")
    if not (message.delivered or message.failures):
        _fail("Nobody to send to: set COFFER_ALERT_WEBHOOK, or COFFER_ALERT_SMTP and COFFER_ALERT_TO.")
    screen.alert_sent(message)
    raise typer.Exit(1 if message.failures else 0)


@app.command()
def verify(
    build: Annotated[
        Path | None, typer.Argument(help="A build's folder: check it alone. Without it, everything.")
    ] = None,
) -> None:
    """Check hashes and rows from the files that were accepted to the published build."""
    settings = load_settings()
    with _expected_failures(settings), screen.progress("Reading everything again"):
        mismatches = _mismatches_of_build(build) if build else _mismatches_of_archive(settings)
    if mismatches:
        _fail(*mismatches)
    typer.echo(f"{build or settings.data} is whole.")


def _mismatches_of_build(path: Path) -> list[str]:
    try:
        return [f"{path}: {mismatch}" for mismatch in builds.verify(path)]
    except OSError as error:
        return [f"{path} is not a published build: {error}"]


def _mismatches_of_archive(settings: Settings) -> list[str]:
    from dagster_project.published.custody import mismatches
    from dagster_project.runs.lock import writing

    with writing(settings):
        return list(mismatches(settings))


@app.command("builds")
def list_builds() -> None:
    """List the builds that are kept, the newest first."""
    settings = load_settings()
    screen.builds(builds.kept(settings), builds.current(settings))


@app.command(
    epilog="Examples: [bold]coffer rollback[/bold] · [bold]coffer rollback 20261123T023000Z-1a2b3c4d[/bold]"
)
def rollback(
    build_id: Annotated[
        str, typer.Argument(help="A build of `coffer builds`; the one before if not given.")
    ] = "",
) -> None:
    """Publish an older build again, at once and whole. The next run publishes what it builds."""
    from dagster_project.runs.lock import writing

    settings = load_settings()
    with _expected_failures(settings), writing(settings):
        try:
            build = builds.go_back(settings, build_id or None)
        except ValueError as error:
            _fail(str(error))
    screen.published(build)


@app.command("rebuild-raw")
def rebuild_raw() -> None:
    """Rebuild the raw database from the files that were accepted."""
    from dagster_project import landing
    from dagster_project.runs.lock import writing

    settings = load_settings()
    with _expected_failures(settings), screen.progress("Reading all accepted files"), writing(settings):
        report = landing.rebuild_raw(settings)
    typer.echo(f"{settings.raw}: {report.rows_landed:,} rows of {len(report.landed):,} files.")


@app.command()
def site(
    port: Annotated[int, typer.Option(help="Where it listens, on this machine only.")] = 8800,
) -> None:
    """Serve the published site to browsers on this machine, for reading only.

    The same pages open from disk: data/published/current/site/index.html.
    """
    from dagster_project.published.site.serve import listen, serve

    settings = load_settings()
    _current(settings)
    try:
        listening = listen(port)
    except OSError as error:
        _fail(f"Port {port} cannot be used: {error.strerror}. Try --port with another number.")
    typer.echo(f"The site, read-only: http://127.0.0.1:{listening.getsockname()[1]} (Ctrl-C ends it).")
    with suppress(KeyboardInterrupt):
        serve(settings, listening)


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Where the UI listens, on this machine only.")] = 3000,
) -> None:
    """Start Dagster's UI, and the daemon that starts the nightly run."""
    settings = load_settings()
    with _expected_failures(settings):
        from dagster_project.build.warehouse import ensure_manifest
        from dagster_project.runs.lock import AlreadyRunning
        from dagster_project.runs.nightly import prepare_home
        from dagster_project.runs.orphans import fail_dead_run

        with prepare_home(settings) as instance, suppress(AlreadyRunning):
            fail_dead_run(settings, instance)
        ensure_manifest(settings)  # once, before several processes load the definitions
    typer.echo(
        f"Dagster's UI: http://127.0.0.1:{port} (Ctrl-C ends it). The nightly run starts at "
        f"{settings.schedule} UTC, and when a file has come into the inbox."
    )
    from dagster_project.runs.ui import serve

    raise typer.Exit(serve(port, os.environ | settings.environment()))


@contextmanager
def _expected_failures(settings: Settings) -> Iterator[None]:
    """End with a message and exit code 1 where data, another run or the disk is the cause."""
    from duckdb import Error

    from dagster_project.build.checks import AuditFailed
    from dagster_project.build.warehouse import BuildFailed
    from dagster_project.landing.archive import DamagedFile
    from dagster_project.landing.contracts import ContractError
    from dagster_project.published.as_known import CannotLookBack
    from dagster_project.runs.lock import AlreadyRunning

    try:
        yield
    except (AlreadyRunning, CannotLookBack) as error:
        _fail(str(error))
    except AuditFailed as error:
        where = (
            f"All of their rows are in schema audit of {settings.warehouse}: correct the files or the seeds."
        )
        has_rows = any(check.rows for check in error.failed)
        _fail(str(error), *([where] if has_rows else []), *_advice(error), _stays(settings))
    except KeyboardInterrupt:
        typer.echo(f"Interrupted. {_stays(settings)}", err=True)
        os._exit(130)  # at once: dbt's threads may still be inside DuckDB, which aborts an ordinary exit
    except (BuildFailed, ContractError, DamagedFile, OSError, Error) as error:
        _fail(str(error), *_advice(error), _stays(settings))


def _advice(error: Exception) -> list[str]:
    """What to do about what DuckDB ran into."""
    return [advice for said, advice in ADVICE.items() if said in str(error)]


def _stays(settings: Settings) -> str:
    """What readers have now."""
    build = current(settings)
    return f"Yesterday's build stays published: {build.path}" if build else "Nothing is published yet."


def _current(settings: Settings) -> Published:
    build = current(settings)
    if build is None:
        _fail(f"Nothing is published in {settings.published} yet. Run `coffer nightly` first.")
    return build


def _as_known(settings: Settings, day: date) -> Published:
    path = settings.as_known / f"{day}"
    if not path.exists():
        _fail(f"Nobody has looked back to {day} yet. Run `coffer as-known {day}` first.")
    return read(path)


def _fail(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)
