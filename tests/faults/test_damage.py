"""Bits that flip, files that are cut or replaced: found by name, and mended from what is kept."""

import os
import random
import time
from datetime import timedelta

import duckdb
import pytest

from dagster_project import landing
from dagster_project.cli import ADVICE
from dagster_project.landing import raw
from dagster_project.published import builds
from dagster_project.published.builds import current, verify
from dagster_project.published.publish import publish
from dagster_project.storage.database import connect
from tests.faults.houses import NOW, clone, raw_tables, whole_digest, write_balances

LATER = NOW + timedelta(days=1)
DAMAGES = {
    "cut to nothing": lambda content, dice: b"",
    "cut": lambda content, dice: content[: dice.randrange(1, len(content))],
    "its last bytes cut": lambda content, dice: content[:-10],
    "a text": lambda content, dice: b"this is no database\n" * 500,
    "random bytes": lambda content, dice: dice.randbytes(len(content)),
    "more bytes behind": lambda content, dice: content + dice.randbytes(1_000),
    "its head flipped": lambda content, dice: _flipped(content, dice.randrange(0, 64)),
    "its middle flipped": lambda content, dice: _flipped(content, len(content) // 2),
    "a bit flipped": lambda content, dice: _flipped(content, dice.randrange(len(content))),
}


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1 << random.Random(at).randrange(8)]) + content[at + 1 :]


def test_a_hundred_flipped_bits_of_what_is_published_are_found_and_yesterday_is_one_command_away(
    built, dice, figure
):
    """C11, C16: one bit at a time, in any file of the build."""
    settings = built(sales=1)
    yesterday = publish(settings, NOW)
    today = publish(built(sales=200), LATER)
    files = [path for path in today.path.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]
    found = 0
    for _ in range(100):
        path = dice.choice(files)
        content = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(_flipped(content, dice.randrange(len(content))))
        [fault] = verify(today.path)
        found += path.name in fault
        path.write_bytes(content)
    assert found == 100
    today.database.write_bytes(b"")
    began = time.monotonic()
    assert builds.go_back(settings).path == yesterday.path
    seconds = time.monotonic() - began
    assert whole_digest(settings) == yesterday.manifest["digest"]
    figure("C11", f"{found} of 100 flipped bits found, by the name of the file")
    figure("C16", f"`coffer rollback` from a build without its database: {seconds:.2f} s, digest as before")


@pytest.fixture
def landed_twice(small, tmp_path):
    """A house with two landings; one killed in the second before its checkpoint; the tables meant."""
    landing.land(small, NOW, settle_seconds=0)
    write_balances(small, "balances-more.csv", 500)
    killed = clone(small, tmp_path / "killed")
    landing.land(small, LATER, settle_seconds=0)
    child = os.fork()
    if not child:
        with landing._opened(killed, killed.raw, landing.load_contracts(killed.staging)) as run:
            for entry in landing.list_entries(killed.inbox, {"treasury_csv"}):
                landing._receive(run, entry, LATER.replace(tzinfo=None))
            os._exit(9)
    os.waitpid(child, 0)
    assert raw.log_of(killed.raw).stat().st_size > 10_000
    return small, killed, raw_tables(small)


def test_a_damaged_raw_database_is_read_again_from_landing(landed_twice, tmp_path, dice, figure):
    """C13: the next landing makes it anew; what it does not look at is named by the build, with advice."""
    house, _, before = landed_twice
    for damage, harm in DAMAGES.items():
        damaged = clone(house, tmp_path / damage)
        damaged.raw.write_bytes(harm(damaged.raw.read_bytes(), dice))
        landing.land(damaged, LATER, settle_seconds=0)
        try:
            assert raw_tables(damaged) == before, damage
        except duckdb.Error as error:
            assert damage in ("a bit flipped", "cut", "its last bytes cut")
            assert any(said in str(error) for said in ADVICE), error
            landing.rebuild_raw(damaged)
            landing.land(damaged, LATER, settle_seconds=0)  # what was refused is told again
            assert raw_tables(damaged) == before
    figure(
        "C13",
        f"{len(DAMAGES)} kinds of damage: raw.duckdb made anew from landing/, 0 rows lost, 0 passed over",
    )


def test_a_damaged_log_of_raw_loses_no_row(landed_twice, tmp_path, dice, figure):
    """C14: the write-ahead log of a landing that was killed between commit and checkpoint."""
    _, killed, before = landed_twice
    for damage, harm in (DAMAGES | {"removed": None}).items():
        damaged = clone(killed, tmp_path / damage)
        log = raw.log_of(damaged.raw)
        log.write_bytes(harm(log.read_bytes(), dice)) if harm else log.unlink()
        landing.land(damaged, LATER, settle_seconds=0)
        assert raw_tables(damaged) == before, damage
    figure("C14", f"{len(DAMAGES) + 1} kinds of damage to the log: 0 rows lost")


def test_a_stray_log_beside_what_is_published_breaks_no_reader(built, figure):
    """L07: somebody left a .wal beside the database; the next build has a path of its own."""
    settings = built(sales=1)
    build = publish(settings, NOW)
    build.database.with_name("coffer.duckdb.wal").write_bytes(random.Random(7).randbytes(5_000))
    assert verify(build.path) == ["coffer.duckdb.wal is not listed in SHA256SUMS."]
    healed = publish(built(sales=1), LATER)
    assert healed.is_new
    with connect(current(settings).database, read_only=True) as reader:
        assert reader.execute("select count(*) from marts.events").fetchall() == [(1,)]
    figure("L07", "`verify` names it; the next night publishes under a path of its own")


def test_a_reader_that_stays_and_one_that_may_write_do_not_stop_publication(built, figure):
    """L05, L11: an old snapshot stays through five publications; a lock on the current file stops none."""
    settings = built(sales=1)
    first = publish(settings, NOW)
    reader = duckdb.connect(first.database, read_only=True)
    for night in range(2, 7):
        build = current(settings)
        if night > 2:  # DuckDB allows no writer beside the reader of one process
            build.database.chmod(0o644)
            writer = duckdb.connect(build.database)
        after = publish(built(sales=night), NOW + timedelta(days=night))
        assert (after.is_new, current(settings).path) == (True, after.path)
        assert reader.execute("select count(*) from marts.events").fetchall() == [(1,)]
        if night > 2:
            writer.close()
    reader.close()
    assert whole_digest(settings) == after.manifest["digest"]
    figure("L05", "5 publications beside an open reader: its snapshot stayed, 0 were held up")
    figure("L11", "4 publications beside a read-write connection to the current build: 0 were held up")
