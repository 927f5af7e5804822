"""The inbox is watched: what lies still begins one night, what grows waits, none begins beside another."""

import os
import time
from dataclasses import replace

import dagster as dg
import pytest

from dagster_project.runs.arrivals import LOOK_SECONDS, SETTLE_SECONDS, when_files_arrive
from dagster_project.runs.lock import writing
from dagster_project.runs.nightly import NIGHTLY

NOW = 1_770_000_000.0


@dg.job(name=NIGHTLY.name)
def night():
    """Stands for the nightly job."""


class Watch:
    """The sensor over an empty inbox, a look a minute: `look()` gives the run key, or the reason for none."""

    def __init__(self, settings) -> None:
        self.folder = settings.inbox / "treasury_csv"
        self.folder.mkdir(parents=True)
        self.now, self.cursor = NOW, None
        self.sensor = when_files_arrive(settings, clock=lambda: self.now)
        self.instance = dg.DagsterInstance.ephemeral()

    def drop(self, name: str, text: str, age: float = 0) -> None:
        path = self.folder / name
        path.write_text(text)
        os.utime(path, (self.now - age, self.now - age))

    def look(self) -> str:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        answer = self.sensor.evaluate_tick(context)
        self.cursor = answer.cursor or self.cursor
        self.now += LOOK_SECONDS
        return answer.run_requests[0].run_key if answer.run_requests else answer.skip_message


@pytest.fixture
def watch(settings, tmp_path):
    watch = Watch(replace(settings, inbox=tmp_path / "inbox"))
    watch.drop("events.csv", "a", age=3600)
    watch.look()
    watch.look()  # begins the night that lands what lies there at first
    return watch


def test_a_file_begins_one_night_once_it_lies_still(watch):
    assert "Nothing is new" in watch.look()
    watch.drop("events-2.csv", "b")
    assert "still growing" in watch.look()
    key = watch.look()
    assert len(key) == 64
    assert "Nothing is new" in watch.look()
    watch.drop("events-3.csv", "c")
    watch.look()
    assert watch.look() not in (key, "")


def test_a_file_that_grows_waits_until_it_is_whole(watch):
    for size in range(3):
        watch.drop("events-2.csv", "b" * size)
        assert "still growing" in watch.look()
    assert len(watch.look()) == 64


def test_two_equal_looks_at_a_young_file_are_not_enough(watch):
    watch.drop("events-2.csv", "b")
    watch.look()
    watch.now += SETTLE_SECONDS / 2 - LOOK_SECONDS
    assert "still growing" in watch.look()
    assert len(watch.look()) == 64


def test_a_file_from_the_future_is_taken_when_it_lies_still(watch):
    watch.drop("events-2.csv", "b", age=-86400)
    watch.look()
    assert len(watch.look()) == 64


@pytest.mark.parametrize(
    "name", [".events.csv.swp", "events.csv.part", "events.csv.tmp", "README.md", "~$events.xlsx"]
)
def test_unfinished_and_other_names_begin_nothing(watch, name):
    watch.drop(name, "b")
    assert "Nothing is new" in watch.look()


def test_a_file_whose_content_was_replaced_is_new(watch):
    watch.drop("events.csv", "b")
    watch.look()
    assert len(watch.look()) == 64


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
def test_nothing_begins_beside_a_night_and_the_files_are_not_forgotten(watch, status):
    watch.drop("events-2.csv", "b")
    watch.look()
    run = watch.instance.create_run_for_job(night, status=status)
    assert "in progress" in watch.look()
    watch.instance.report_run_failed(run)
    assert len(watch.look()) == 64


def test_a_night_that_died_before_it_had_the_lock_is_shown_as_failed(watch, settings):
    dead = watch.instance.create_run_for_job(night, status=dg.DagsterRunStatus.STARTED)
    watch.now = time.time()
    watch.drop("events-2.csv", "b", age=3600)
    watch.look()
    assert "A run is in progress" in watch.look()
    with writing(settings):  # somebody is
        watch.look()
    assert watch.instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.STARTED
    assert len(watch.look()) == 64
    assert watch.instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE


def test_a_night_that_waits_for_the_lock_is_not_dead(watch):
    config = {"resources": {"run": {"config": {"wait_seconds": 3600.0}}}}
    started = dg.DagsterRunStatus.STARTED
    waiting = watch.instance.add_run(dg.DagsterRun(NIGHTLY.name, run_config=config, status=started))
    watch.now = time.time() + 3600
    watch.look()
    assert watch.instance.get_run_by_id(waiting.run_id).status == started


def test_a_missing_inbox_is_a_reason(watch, settings, tmp_path):
    nowhere = when_files_arrive(replace(settings, inbox=tmp_path / "nowhere"))
    answer = nowhere.evaluate_tick(dg.build_sensor_context(instance=watch.instance))
    assert "there is no such inbox" in answer.skip_message


def test_the_sensor_runs_without_being_switched_on(watch):
    assert watch.sensor.default_status == dg.DefaultSensorStatus.RUNNING
    assert watch.sensor.job_name == "nightly"
