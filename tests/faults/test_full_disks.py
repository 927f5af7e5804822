"""A full or broken disk: a loud end that names the file, yesterday's build untouched, a night that heals."""

import shutil
import signal
import subprocess
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from dagster_project.published.publish import publish
from dagster_project.storage import disk
from tests.faults.houses import DEEP, NOW, clone, raw_tables, whole_digest, write_balances

LATER = NOW + timedelta(days=1)


@pytest.fixture(params=["land", "publish"])
def house(request, small, built):
    """A house in which a part has something new to do."""
    if request.param == "land":
        small.data.mkdir()
        return small
    settings = built(sales=1)
    publish(settings, NOW)
    return built(sales=500)


def part_of(house):
    return "publish" if house.published.exists() else "land"


def state(settings):
    return raw_tables(settings), whole_digest(settings)


def afflict(settings, inject, faults, tmp_path):
    """Let each fault strike a copy, heal it, and compare; returns what those said that ended aloud."""
    part, old = part_of(settings), whole_digest(settings)
    dry = clone(settings, tmp_path / "dry")
    assert inject(dry, part, now=LATER).error == ""
    undisturbed = state(dry)
    said = []
    for fault, at in faults:
        struck = clone(settings, tmp_path / "struck")
        outcome = inject(struck, part, fault, at, LATER)
        if outcome.code == 0:  # it struck where nothing was lost by it: then all must have been done
            assert state(struck) == undisturbed, (fault, at)
        else:
            assert outcome.code == 1, (fault, at, outcome)
            assert whole_digest(struck) in (old, undisturbed[1]), (fault, at)
            said.append(outcome.error)
        assert inject(struck, part, now=LATER).error == "", (fault, at)
        assert state(struck) == undisturbed, (fault, at)
        shutil.rmtree(struck.data)
    return said


def test_an_error_of_the_disk_at_any_call_is_told_with_the_file_and_heals(
    house, tmp_path, inject, dice, figure
):
    """C03: ENOSPC and EIO at the calls of Python: folders, files, renames, fsync."""
    dry = clone(house, tmp_path / "count")
    calls = inject(dry, part_of(house), now=LATER).calls
    points = range(1, calls + 1) if DEEP else sorted(dice.sample(range(1, calls + 1), 5))
    faults = [
        (fault, at)
        for at in points
        for fault in (("ENOSPC", "EIO") if DEEP else [dice.choice(["ENOSPC", "EIO"])])
    ]
    said = afflict(house, inject, faults, tmp_path)
    assert len(said) > len(faults) // 2
    unclear = [
        text for text in said if not (("No space left" in text or "Input/output" in text) and "/" in text)
    ]
    assert unclear == []
    figure(
        f"C03-{part_of(house)}",
        f"{len(faults)} errors at {len(points)} of {calls} calls: {len(said)} ended the run aloud, "
        f"the others did no harm; 0 silent losses, healed {len(faults)} of {len(faults)}",
    )


def test_writes_that_are_cut_short_are_told_and_heal(house, tmp_path, inject, figure):
    """C03, C04: no file may grow beyond a limit, so files, logs and checkpoints are cut where they stand."""
    write_balances(house, "balances-long.csv", 3_000) if part_of(house) == "land" else None
    limits = [0, 4_096, 12_288, 274_432, 600_000, 1_100_000]
    said = afflict(house, inject, [("size", limit) for limit in limits], tmp_path)
    assert len(said) >= 4
    figure(
        f"C04-{part_of(house)}",
        f"{len(limits)} limits from 0 to 1.1 MB a file: {len(said)} ended the run aloud, "
        f"0 commits lost in silence, healed {len(limits)} of {len(limits)}",
    )


@pytest.mark.deep
@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "short", "kill"])
def test_any_call_of_libc_may_fail(house, tmp_path, inject_libc, dice, fault, figure):
    """C02, C03: the calls of DuckDB, too."""
    dry = clone(house, tmp_path / "count")
    calls = inject_libc(dry, part_of(house), now=LATER).calls
    points = sorted(dice.sample(range(1, calls + 1), min(calls, 25)))
    if fault == "kill":
        old, found = whole_digest(house), set()
        for at in points:
            struck = clone(house, tmp_path / "struck")
            assert inject_libc(struck, part_of(house), fault, at, LATER).code == -signal.SIGKILL
            found.add(whole_digest(struck))
            assert inject_libc(struck, part_of(house), now=LATER).error == ""
            assert state(struck) == state(dry)
            shutil.rmtree(struck.data)
        assert found <= {old, whole_digest(dry)}
    else:
        afflict(house, inject_libc, [(fault, at) for at in points], tmp_path)
    figure(
        f"C03-libc-{part_of(house)}-{fault}",
        f"{len(points)} of {calls} calls: healed {len(points)} of {len(points)}, 0 silent losses",
    )


def test_a_night_that_would_not_fit_is_refused_with_both_numbers(built, monkeypatch, figure):
    """C07: one byte less than twice the last build, then just enough; the old warehouse counts as free."""
    settings = built(sales=5)
    build = publish(settings, NOW)
    monkeypatch.setattr(disk, "FIRST_RUN_BYTES", 0)
    warehouse = settings.warehouse.stat().st_size
    published = sum(path.stat().st_size for path in build.path.rglob("*") if path.is_file())
    free = 2 * (warehouse + published) - warehouse
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    disk.require_room(settings)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: SimpleNamespace(free=free - 1))
    with pytest.raises(disk.NoRoom) as refusal:
        disk.require_room(settings)
    room, needed = f"{(free + warehouse) / 1e6:,.1f} MB", f"{2 * (warehouse + published) / 1e6:,.1f} MB"
    assert f"has room for {room}, and a run needs about {needed}" in str(refusal.value)
    figure("C07", "a byte less than twice the last build is refused with both numbers, twice is enough")


@pytest.mark.deep
def test_a_disk_that_is_full_all_night_leaves_yesterday_readable_and_the_space_comes_back(
    night, tmp_path, inject_builds, figure
):
    """C06: a disk of its own, 16 MB larger than what lies on it, and no look before."""
    mount = tmp_path / "disk"
    mount.mkdir()
    size = (
        sum(path.stat().st_size for path in night.settings.data.rglob("*") if path.is_file())
        - night.settings.warehouse.stat().st_size
    )
    command = ["mount", "-t", "tmpfs", "-o", f"size={size + 16_000_000}", "tmpfs", mount]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a disk")
    try:
        shutil.copytree(
            night.settings.data,
            mount / "data",
            symlinks=True,
            ignore=shutil.ignore_patterns("warehouse.duckdb"),
        )
        settings = replace(night.settings, data=mount / "data")
        before = whole_digest(settings)
        free = shutil.disk_usage(mount).free
        inject_builds(settings, "build")
        refused = inject_builds(settings, "publish", now=LATER)
        assert refused.code == 1
        assert whole_digest(settings) == before
        settings.warehouse.unlink(missing_ok=True)
        disk.remove_leftovers(settings)
        lost = free - shutil.disk_usage(mount).free
        assert lost < 8_000_000  # dbt's log and manifest
        with pytest.raises(disk.NoRoom):
            disk.require_room(settings)
    finally:
        subprocess.run(["umount", mount], check=True)
    figure(
        "C06",
        f'refused with "{refused.error.splitlines()[0].replace(str(mount), "…")}"; yesterday\'s build whole; '
        f"{lost / 1e6:.1f} MB left behind (dbt's logs)",
    )
