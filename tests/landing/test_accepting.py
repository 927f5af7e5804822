"""A file is accepted once, kept as it came, and its rows say where they came from."""

import json
import logging
import os
import shutil
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from dagster_project import landing
from dagster_project.landing import LandingReport, archive, land
from dagster_project.landing.contracts import load_contracts
from dagster_project.landing.inbox import STILL_GROWING


def test_a_file_is_kept_byte_for_byte_beside_where_it_came_from(house):
    path = house.deliver("2026/Balances January.CSV")
    house.land()
    [copy, sidecar] = house.copies()
    assert copy.endswith("__Balances January.CSV")
    assert sidecar == f"{copy}.json"
    assert (house.settings.landing / "treasury_csv" / copy).read_bytes() == path.read_bytes()
    known = json.loads((house.settings.landing / "treasury_csv" / sidecar).read_text())
    assert known["source_sha256"].startswith(copy[:16])
    assert known["source_file"] == "treasury_csv/2026/Balances January.CSV"
    assert (known["source"], known["entity"]) == ("treasury_csv", "balances")
    assert known["bytes"] == len(house.balances)
    assert known["tables"]["balances"]["columns"] == house.header.strip().split(",")


def test_every_row_says_where_it_came_from_and_when(house):
    house.deliver("balances.csv")
    house.land(house.now.astimezone(timezone(timedelta(hours=9))))
    [row, _] = house.tables()["treasury_csv.balances"]
    assert row[:6] == ("cango:custody", "BTC", "2026-01-31T00:00:00Z", "1.5", "January", None)
    assert (row[6], len(row[7]), row[8]) == ("treasury_csv/balances.csv", 64, 2)
    assert row[9] == datetime(2026, 11, 23, 2, 30, 15)


def test_the_same_bytes_land_once_under_whatever_name_and_whenever(house):
    house.deliver("a/balances.csv")
    house.deliver("b/balances.csv")
    house.deliver("balances again.csv")
    report = house.land()
    assert [file.source_file for file in report.landed] == ["treasury_csv/a/balances.csv"]
    assert {file.why for file in report.duplicates} == {"duplicate content of treasury_csv/a/balances.csv"}
    before = house.tables()
    house.deliver("balances a year later.csv")
    report = house.land(house.now + timedelta(days=365))
    assert not report.landed
    assert len(report.duplicates) == 4
    assert house.tables() == before


def test_a_file_with_rows_appended_lands_again_whole(house):
    house.deliver("balances.csv")
    house.land()
    house.deliver("balances.csv", house.balances + "cango:custody,BTC,2026-03-31T00:00:00Z,3.5,March,\n")
    report = house.land(house.now + timedelta(days=1))
    assert [(file.source_file, file.rows_accepted) for file in report.landed] == [
        ("treasury_csv/balances.csv", 3)
    ]
    assert len(house.tables()["treasury_csv.balances"]) == 5
    assert len(house.copies()) == 4


def test_a_second_landing_changes_nothing(house):
    house.deliver("balances.csv")
    house.deliver("balances bad.csv", house.balances + "too,few\n")
    house.deliver("unknown.csv")
    house.land()
    before = house.tables(), house.copies(), house.rejections()
    report = house.land(house.now + timedelta(days=1))
    assert (house.tables(), house.copies(), house.rejections()) == before
    assert [refusal.reason for refusal in report.refused] == ["unknown_file"]


def test_an_empty_inbox_makes_every_table(house):
    report = house.land()
    assert report == LandingReport()
    tables = {
        "landing.files": [],
        "landing.rejected_rows": [],
        **{f"{contract.source}.{contract.entity}": [] for contract in load_contracts(house.settings.staging)},
    }
    assert house.tables() == tables


def test_a_missing_inbox_is_an_error_that_says_what_to_do(house):
    shutil.rmtree(house.settings.inbox)
    with pytest.raises(FileNotFoundError, match="COFFER_INBOX"):
        house.land()


def test_a_column_that_a_contract_gains_is_added_to_its_table(house, tmp_path):
    house.deliver("balances.csv")
    house.land()
    dbt = tmp_path / "dbt"
    shutil.copytree(house.settings.staging, dbt / "models" / "staging")
    contract = dbt / "models" / "staging" / "treasury_csv" / "_treasury_csv.yml"
    contract.write_text(
        contract.read_text().replace("{name: statement,", "{name: auditor}\n          - {name: statement,")
    )
    house = replace(house, settings=replace(house.settings, dbt=dbt))
    house.deliver("balances.csv", "auditor," + house.header + "ann," + house.rows.splitlines()[0] + "\n")
    assert house.land().rows_accepted == 1
    rows = house.query("select auditor, quantity from treasury_csv.balances order by all")
    assert rows == [("ann", "1.5"), (None, "1.5"), (None, "2.5")]
    before = house.tables()
    house.settings.raw.unlink()
    house.land()
    assert house.query("select auditor, quantity from treasury_csv.balances order by all") == rows
    assert house.tables()["landing.files"] == before["landing.files"]


def test_a_file_that_is_still_written_waits_for_the_next_night(house):
    path = house.deliver("balances.csv", house.header)
    is_done = threading.Event()

    def write_slowly():
        with path.open("a") as file:
            while not is_done.wait(0.01):
                file.write(house.rows)
                file.flush()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    try:
        report = land(house.settings, house.now, settle_seconds=0.3)
    finally:
        is_done.set()
        writer.join()
    assert [(file.source_file, file.why) for file in report.ignored] == [
        ("treasury_csv/balances.csv", STILL_GROWING)
    ]
    assert not house.copies()
    assert house.land().rows_accepted == path.read_text().count("\n") - 1


@pytest.mark.parametrize("moment", ["before the copy", "after the copy"])
def test_a_file_that_changes_while_it_is_copied_waits_for_the_next_night(house, monkeypatch, moment):
    path = house.deliver("balances.csv")
    really_copy = archive.stage_copy

    def copy_beside_a_writer(handle, target):
        if moment == "before the copy":
            path.write_text(house.balances.replace("1.5", "9.5"))
        sha256 = really_copy(handle, target)
        if moment == "after the copy":
            path.write_text(house.balances + house.rows)
        return sha256

    monkeypatch.setattr(archive, "stage_copy", copy_beside_a_writer)
    report = house.land()
    assert [file.why for file in report.ignored] == [STILL_GROWING]
    assert not house.copies()
    assert not house.tables()["treasury_csv.balances"]


def test_a_settled_inbox_is_not_waited_for(house, monkeypatch):
    os.utime(house.deliver("balances.csv"), (0, 0))
    monkeypatch.setattr(time, "sleep", pytest.fail)
    assert land(house.settings, house.now).rows_accepted == 2


def test_long_files_report_their_progress(house, monkeypatch, caplog):
    monkeypatch.setattr(landing, "PROGRESS_ROWS", 50_000)
    house.deliver("balances.csv", house.header + house.rows * 60_000)
    with caplog.at_level(logging.INFO, logger="coffer"):
        house.land()
    assert [record.getMessage() for record in caplog.records][-1] == (
        "treasury_csv/balances.csv: 120000 rows landed, 120000 accepted, 0 rejected"
    )
    assert sum("rows so far" in record.getMessage() for record in caplog.records) == 2
