"""Readers while builds are switched: every answer is one build's, none an error, none older than before."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from dagster_project.published import builds
from dagster_project.published.publish import publish
from dagster_project.settings import ROOT
from tests.faults.houses import NOW, whole_digest

READ = """
import json, os, sys
from pathlib import Path
from dagster_project.storage.database import connect_for_reading

link, done = Path(sys.argv[1]), Path(sys.argv[2])
reads, errors, mixed, backwards, last = 0, [], 0, 0, 0
while not done.exists():
    try:
        for _ in range(500):  # a reader that comes in the very moment of a switch
            os.stat(f"{link}/coffer.duckdb")
        with connect_for_reading((link / "coffer.duckdb").resolve(strict=True)) as marts:
            [(events,)] = marts.execute("select count(*) from events").fetchall()
            [(disposals,)] = marts.execute("select count(*) from disposals").fetchall()
        reads += 1
        if reads == 1:
            print("reading", flush=True)
        mixed += events != disposals
        backwards += events < last
        last = events
    except Exception as error:
        errors.append(str(error))
print(json.dumps([reads, errors, mixed, backwards]))
"""


def test_eight_readers_see_fifty_switches_whole_and_in_order(built, tmp_path, figure):
    """L04: processes of their own, as BI tools are; every build has one row more than the one before."""
    settings = built(sales=1)
    databases = []
    for sales in range(1, 6):
        build = publish(built(sales=sales), NOW + timedelta(days=sales))
        databases.append(build.database.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builds, "KEEP", 1_000)  # a reader gets two weeks for its answer, not two seconds
        builds.go_back(settings, builds.kept(settings)[-1].path.name)
        done = tmp_path / "done"
        command = [sys.executable, "-c", READ, settings.published / "current", done]
        readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(8)]
        try:
            assert [reader.stdout.readline() for reader in readers] == ["reading\n"] * 8
            for switch in range(50):
                aside = builds.start(settings)
                (aside / "coffer.duckdb").write_bytes(databases[switch // 10])
                builds.finish(settings, aside, {"build_id": f"20270101T0000{switch:02}Z", "marts": {}})
        finally:
            done.touch()
            told = [json.loads(reader.communicate()[0]) for reader in readers]
    reads, errors, mixed, backwards = (
        sum(column, start) for column, start in zip(zip(*told, strict=True), (0, [], 0, 0), strict=True)
    )
    assert errors == []
    assert (mixed, backwards) == (0, 0)
    assert reads >= 50
    figure(
        "L04",
        f"8 reading processes, 50 switches: {reads} reads and {500 * reads:,} looks at `current`, "
        "0 errors, 0 mixed builds, 0 went back in time",
    )


@pytest.mark.deep
def test_publishing_again_and_again_keeps_the_disk_as_it_was(built, figure):
    """C19: a hundred nights with something new in each, of which fourteen are kept."""
    nights = 100
    sizes = []
    for night in range(nights):
        settings = built(sales=50 + night % 2)
        build = publish(settings, NOW + timedelta(days=night))
        assert build.is_new
        sizes.append(build.database.stat().st_size)
    kept = len(builds.kept(settings))
    assert kept == builds.KEEP
    assert max(sizes) <= 1.5 * sizes[0]
    assert whole_digest(settings)
    figure(
        "C19",
        f"{nights} publications: the last file is {sizes[-1] / sizes[0]:.2f} times the first, "
        f"{kept} builds kept",
    )
