"""The asset graph as Dagster sees it: from the inbox to the published build, named, grouped and described."""

import dagster as dg
import pytest

from dagster_project.definitions import house
from dagster_project.runs.assets.markdown import table
from dagster_project.settings import ROOT, Settings

GRAPH = ROOT / "tests" / "golden" / "asset_graph.txt"
MARTS = {path.stem for path in (ROOT / "dbt" / "models" / "marts").rglob("*.sql")}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory) -> dg.Definitions:
    data = tmp_path_factory.mktemp("definitions")
    return house(Settings(data=data, inbox=ROOT / "data" / "sample", seeds=ROOT / "seeds"))


@pytest.fixture(scope="module")
def specs(definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_the_asset_graph_is_the_one_we_know(specs, request):
    lines = [
        f"{key} <- {' '.join(sorted(dep.asset_key.to_user_string() for dep in spec.deps))}".rstrip(" <-")
        for key, spec in sorted(specs.items())
    ]
    graph = "\n".join(lines) + "\n"
    if request.config.getoption("--renew-golden"):
        GRAPH.write_text(graph)
    assert graph == GRAPH.read_text()


def test_every_asset_has_a_description_and_the_group_of_its_floor(specs):
    for key, spec in specs.items():
        assert spec.description, key
        assert spec.group_name == key.split("/")[0], key


def test_every_mart_is_published(specs):
    published = {dep.asset_key.to_user_string() for dep in specs["published"].deps}
    assert published == {f"marts/{mart}" for mart in MARTS}


def test_every_source_is_landed(specs):
    sources = {path.name for path in (ROOT / "dbt" / "models" / "staging").iterdir() if path.is_dir()}
    landed = {key for key in specs if key.startswith("landing/")}
    assert landed == {"landing/files", *(f"landing/{source}" for source in sources)}


def test_every_law_is_an_asset_check_that_blocks_if_it_is_an_error(definitions):
    checks = {key.name: key for key in definitions.resolve_asset_graph().asset_check_keys}
    laws = {path.stem for path in (ROOT / "dbt" / "tests").rglob("*.sql")}
    assert laws <= checks.keys()


def test_the_night_begins_at_half_past_two_utc(definitions):
    [schedule] = definitions.schedules
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "UTC")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_the_nightly_job_takes_every_asset_one_after_the_other(definitions, specs):
    job = definitions.resolve_job_def("nightly")
    selected = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert selected == specs.keys()
    assert job.executor_def.name == "in_process"


def test_no_cell_of_a_preview_can_leave_its_text():
    lines = table(["note"], [["<img src=x onerror=alert(1)>"], ["[a](javascript:b)|c"], ["a\n# b"], [None]])
    assert lines.splitlines() == [
        "| note |",
        "| --- |",
        "| &lt;img src=x onerror=alert&#40;1&#41;&gt; |",
        "| &#91;a&#93;&#40;javascript:b&#41;&#124;c |",
        "| a # b |",
        "|  |",
    ]


def test_a_file_that_arrives_begins_a_night(definitions):
    [sensor] = definitions.sensors
    assert (sensor.name, sensor.job_name) == ("when_files_arrive", "nightly")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
