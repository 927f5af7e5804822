"""What an auditor asks: is every byte and row still what was accepted? (C11, C12, S-13)"""

from datetime import UTC, datetime

import pytest

from dagster_project.landing import rebuild_raw
from dagster_project.published import builds
from dagster_project.published.custody import mismatches
from dagster_project.storage.database import connect

TABLE = '"treasury_csv"."balances"'


@pytest.fixture
def landed(house):
    """A house with two files, one of which has a row that nobody could read."""
    house.deliver("balances.csv")
    house.deliver("balances_2.csv", house.header + house.rows.replace("2026", "2025") + "cut off\n")
    house.land()
    return house


def change(path, statement):
    with connect(path) as connection:
        connection.execute(statement)


def faults(house):
    return list(mismatches(house.settings))


def test_an_untouched_house_is_whole(landed):
    assert faults(landed) == []
    assert sorted(path.name for path in landed.settings.data.iterdir()) == ["landing", "raw.duckdb"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            f"update {TABLE} set quantity = '9' where source_row = 2 and quantity = '1.5'",
            ["in no file", "not in raw"],
        ),
        (f"delete from {TABLE} where source_row = 2", ["2 rows are of files, not in raw"]),
        (f"insert into {TABLE} from {TABLE} limit 1", ["1 rows are in no file"]),
        ("delete from landing.rejected_rows", ["1 rows are of files, not in raw"]),
        (
            "create schema forged; create table forged.events as select 1 as one",
            ["raw has it, no file in landing does"],
        ),
    ],
)
def test_a_row_that_was_changed_behind_our_back_is_found_and_mended(landed, statement, said):
    change(landed.settings.raw, statement)
    found = faults(landed)
    assert len(found) >= 1
    for words in said:
        assert any(words in fault for fault in found), found
    rebuild_raw(landed.settings)
    assert faults(landed) == []


@pytest.mark.parametrize("byte", range(0, 100, 9))
def test_a_bit_that_flipped_in_an_accepted_file_is_named(landed, byte):
    copy = next(landed.settings.landing.glob("*/*__balances.csv"))
    content = bytearray(copy.read_bytes())
    content[byte] ^= 1
    copy.chmod(0o600)
    copy.write_bytes(content)
    [fault] = faults(landed)
    assert str(copy) in fault


def test_a_lost_file_is_named(landed):
    copy = next(landed.settings.landing.glob("*/*__balances.csv"))
    copy.unlink()
    [fault] = faults(landed)
    assert str(copy) in fault


def test_what_is_published_must_rest_on_files_that_are_there(landed):
    aside = builds.start(landed.settings)
    inputs = [{"source_file": "treasury_csv/balances.csv", "sha256": "f" * 64, "rows": 2}]
    stamp = {"build_id": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-00000000", "marts": {}, "inputs": inputs}
    builds.finish(landed.settings, aside, stamp)
    [fault] = faults(landed)
    assert "rests on treasury_csv/balances.csv, which is not in landing" in fault
