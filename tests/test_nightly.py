"""The night: one at a time, seen by the UI, refused as a whole when a check fails, healed by the next one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.published.builds import current, verify
from dagster_project.runs import run_log
from dagster_project.runs.lock import AlreadyRunning, writing
from dagster_project.runs.nightly import NIGHTLY, prepare_home
from dagster_project.runs.orphans import fail_dead_run
from dagster_project.settings import ROOT

HOLD = """
import sys, time
from pathlib import Path
from dagster_project.runs.lock import writing
from dagster_project.settings import Settings
with writing(Settings(Path(sys.argv[1]), Path("inbox"), Path("seeds")), run_id=sys.argv[2]):
    print("holding", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(settings):
    """Another process that holds the lock in the name of a Dagster run: `holder("run-1")`."""
    processes = []

    def hold(run_id=""):
        command = [sys.executable, "-c", HOLD, str(settings.data), run_id]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        processes.append(process)
        return process

    yield hold
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_second_writer_is_refused_with_the_process_id_of_the_first(settings, holder):
    first = holder()
    with pytest.raises(AlreadyRunning, match=f"process {first.pid}"), writing(settings):
        pass


def test_a_second_publication_leaves_with_a_message(built, holder, coffer):
    settings = built()
    first = holder()
    ran = coffer(settings, "publish")
    assert ran.returncode == 1
    assert f"process {first.pid}" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert current(settings) is None


def test_opening_and_closing_the_lock_file_does_not_release_it(settings):
    with writing(settings):
        settings.lock.open().close()
        with pytest.raises(AlreadyRunning), writing(settings):
            pass


def test_the_lock_of_a_killed_run_does_not_block_and_names_the_run_that_died(settings, holder):
    killed = holder("run-1")
    killed.kill()
    killed.wait()
    with writing(settings) as died:
        assert died == "run-1"
    with writing(settings) as died:
        assert died == ""


def test_what_a_writer_writes_is_private_and_the_data_folder_can_be_passed_through(settings):
    with writing(settings):
        (settings.data / "secret").write_text("x")
    assert (settings.data / "secret").stat().st_mode & 0o077 == 0
    assert settings.data.stat().st_mode & 0o005 == 0o005


@dg.job
def a_job():
    """Any job."""


def test_a_run_that_was_killed_is_shown_as_failed(settings, holder):
    with prepare_home(settings) as instance:
        dead = instance.create_run_for_job(a_job, status=dg.DagsterRunStatus.STARTED)
        killed = holder(dead.run_id)
        killed.kill()
        killed.wait()
        fail_dead_run(settings, instance)
        assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE


def test_the_night_ends_with_a_summary(night):
    said = night.said
    sample = sum(path.is_file() for path in (ROOT / "data/sample").glob("*/**/*"))
    assert f"Landed     {sample} files" in said
    assert "0 rows refused" in said
    assert " models from " in said
    assert " checks passed" in said
    assert f"Published  {current(night.settings).path} (new)" in said
    assert f"{len(list((ROOT / 'dbt/models/marts').rglob('*.sql')))} marts" in said
    assert 'sql "from disposals"' in said


def test_the_published_build_is_whole_and_readable_by_others_while_the_rest_is_private(night):
    settings = night.settings
    build = current(settings)
    assert verify(build.path) == []
    assert build.database.stat().st_mode & 0o777 == 0o444
    assert build.path.stat().st_mode & 0o777 == 0o755
    for path in (
        settings.raw,
        settings.warehouse,
        settings.landing,
        settings.dbt_target,
        settings.dagster_home,
    ):
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_ui_sees_the_run_with_every_asset_and_check(night):
    with dg.DagsterInstance.from_config(str(night.settings.dagster_home)) as instance:
        [run] = instance.get_runs()
        assert (run.job_name, run.status) == (NIGHTLY.name, dg.DagsterRunStatus.SUCCESS)
        disposals = instance.get_latest_materialization_event(dg.AssetKey(["marts", "disposals"]))
        metadata = disposals.asset_materialization.metadata
        assert metadata["dagster/row_count"].value > 0
        assert metadata["preview"].value.startswith("| disposal_id | ")
        checks = [
            e
            for e in instance.all_logs(run.run_id)
            if e.is_dagster_event and e.dagster_event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ]
        assert len(checks) > 50
        assert instance.get_latest_materialization_event(dg.AssetKey("published"))


def test_a_failing_check_stops_the_night_and_the_next_good_one_changes_nothing(night, settings, coffer):
    yesterday = current(night.settings)
    shutil.copytree(night.settings.data, settings.data, symlinks=True)
    shutil.copytree(ROOT / "seeds", settings.data.parent / "seeds")
    spoiled = replace(settings, seeds=settings.data.parent / "seeds")
    with (spoiled.seeds / "companies.csv").open("a") as companies:
        companies.write((ROOT / "seeds" / "companies.csv").read_text().splitlines()[1] + "\n")

    bad = coffer(spoiled, "nightly")
    assert bad.returncode == 1
    assert "unique_key_companies_company_id: 1 row" in bad.stderr
    assert "Yesterday's build stays published" in bad.stderr
    assert "Traceback" not in bad.stderr
    assert current(settings).path.name == yesterday.path.name
    entry = run_log.last(settings)
    assert entry["outcome"] == "failed"
    [failed] = entry["failed_checks"]
    assert failed["name"] == "unique_key_companies_company_id"
    assert failed["rows"]

    good = coffer(settings, "nightly")
    assert good.returncode == 0, good.stderr
    sample = sum(path.is_file() for path in (ROOT / "data/sample").glob("*/**/*"))
    assert f"Landed     nothing new ({sample} files known" in good.stdout
    assert run_log.last(settings)["outcome"] in ("published", "unchanged")
    today = current(settings)
    assert today.manifest["digest"] == yesterday.manifest["digest"]
    if today.manifest["code"] == yesterday.manifest["code"]:  # nobody edited the checkout meanwhile
        assert f"unchanged since {yesterday.manifest['published_at']}" in good.stdout
        assert today.manifest == yesterday.manifest


def test_a_night_killed_while_it_builds_leaves_yesterday_and_the_next_one_heals(night, settings, coffer):
    yesterday = current(night.settings)
    shutil.copytree(night.settings.data, settings.data, symlinks=True)
    copied_at = settings.warehouse.stat().st_ctime_ns
    command = [str(Path(sys.executable).with_name("coffer")), "nightly"]
    dying = subprocess.Popen(
        command, env=os.environ | settings.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    # The build has begun once the old warehouse has made room for a new one.
    while dying.poll() is None and not _is_newer(settings.warehouse, copied_at):
        time.sleep(0.02)
    dying.kill()
    assert dying.wait() == -signal.SIGKILL

    assert current(settings).path.name == yesterday.path.name
    assert verify(current(settings).path) == []
    assert coffer(settings, "publish").returncode == 1  # half a build is not published

    healed = coffer(settings, "nightly")
    assert healed.returncode == 0, healed.stderr
    assert current(settings).manifest["digest"] == yesterday.manifest["digest"]


def _is_newer(path: Path, than: int) -> bool:
    try:
        return path.stat().st_ctime_ns > than
    except FileNotFoundError:
        return False
