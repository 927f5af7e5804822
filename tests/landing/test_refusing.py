"""What is refused or ignored says why, harms nobody, and is tried again."""

import logging
import os
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dagster_project import landing
from dagster_project.landing import archive, inbox, raw, readers
from dagster_project.landing.contracts import Layout, Refused, load_contracts

SECRET = "the launch code is 0000"


def test_a_refused_file_is_kept_beside_the_reason_and_tried_again_until_it_is_mended(house, monkeypatch):
    path = house.deliver("balances.csv", house.balances.replace("statement", "report"))
    house.land()
    [copy, why] = house.rejections()
    assert (house.settings.rejected / copy).read_bytes() == path.read_bytes()
    assert why == f"{copy}.why.txt"
    assert "wrong_header" in (house.settings.rejected / why).read_text()
    assert not house.copies()

    changed = [
        replace(
            contract,
            layout=Layout(tuple(column.replace("statement", "report") for column in contract.columns)),
        )
        for contract in load_contracts(house.settings.staging)
    ]
    monkeypatch.setattr(landing, "load_contracts", lambda staging: tuple(changed))
    report = house.land(house.now + timedelta(days=1))
    assert report.rows_accepted == 2
    assert not house.rejections()
    assert [row[6] for row in house.tables()["landing.files"]] == ["accepted"]


def test_a_refused_file_that_is_too_large_is_explained_but_not_kept(house, monkeypatch):
    monkeypatch.setattr(archive, "MAX_REJECTED_BYTES", 10)
    house.deliver("balances.csv", "x" * 11)
    house.land()
    [why] = house.rejections()
    assert why.endswith("__balances.csv.why.txt")


def test_what_is_no_delivery_is_ignored_and_reported(house):
    names = [
        ".balances.csv",
        "balances.csv~",
        "balances.csv.tmp",
        "balances.csv.PART",
        "balances.csv.partial",
    ]
    names += [
        "balances.csv.crdownload",
        "~$balances.xlsx",
        "balances.csv.bak",
        ".balances.csv.swp",
        ".git/config",
    ]
    names += ["README.md", "readme", "README.txt", "notes.MD", "balances.csv/part-0.csv"]
    for name in names:
        house.deliver(name)
    (house.settings.inbox / "balances.csv").write_text(house.balances)
    (house.settings.inbox / "elsewhere").mkdir()
    (house.settings.inbox / "elsewhere" / "balances.csv").write_text(house.balances)
    report = house.land()
    assert {file.source_file for file in report.ignored} == {
        *(f"treasury_csv/{name}" for name in names[:9]),
        "treasury_csv/.git",
        *(f"treasury_csv/{name}" for name in names[10:14]),
        "treasury_csv/balances.csv",
        "balances.csv",
        "elsewhere",
    }
    assert all(file.why for file in report.ignored)
    assert not report.landed + report.refused
    assert not house.tables()["landing.files"]


def test_links_pipes_and_sockets_are_refused_without_reading_a_byte(house, tmp_path, caplog):
    target = tmp_path / "secret.csv"
    target.write_text(f"{house.header}{SECRET},,,,,\n")
    (house.inbox / "balances link.csv").symlink_to(target)
    (house.inbox / "balances dangling.csv").symlink_to(tmp_path / "nowhere")
    (house.inbox / "balances folder").symlink_to(tmp_path)
    (house.inbox / "balances loop.csv").symlink_to(house.inbox / "balances loop.csv")
    os.mkfifo(house.inbox / "balances pipe.csv")
    working_directory = Path.cwd()
    os.chdir(house.inbox)  # a socket's path may have 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("balances socket.csv")
    os.chdir(working_directory)
    house.deliver("balances.csv")
    with caplog.at_level(logging.DEBUG):
        report = house.land()
    assert {refusal.reason for refusal in report.refused} == {"unsafe_path"}
    assert len(report.refused) == 6
    assert report.rows_accepted == 2
    assert SECRET not in f"{house.tables()} {report} {caplog.text}"
    assert not any(SECRET in path.read_text() for path in house.settings.rejected.iterdir())


def test_a_source_folder_that_is_a_link_is_not_followed(house, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "balances.csv").write_text(house.balances)
    house.inbox.rmdir()
    house.inbox.symlink_to(tmp_path / "elsewhere")
    [refusal] = house.land().refused
    assert (refusal.source_file, refusal.reason) == ("treasury_csv", "unsafe_path")


def test_a_file_that_becomes_something_else_behind_our_back_is_not_read(house, tmp_path):
    path = house.deliver("balances.csv")
    [entry] = inbox.list_entries(house.settings.inbox, {"treasury_csv"})
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(inbox.Ignored):
        inbox.open_plain(entry)
    path.unlink()
    path.symlink_to(tmp_path)
    with pytest.raises(Refused, match="unreadable"):
        inbox.open_plain(entry)


def test_a_file_or_folder_that_may_not_be_read_stops_no_other(house, monkeypatch):
    secret = house.deliver("balances secret.csv")
    closed = house.deliver("closed/balances.csv").parent
    house.deliver("balances.csv")
    really_open, really_list = os.open, Path.iterdir

    def open_some(path, *arguments, **options):
        if path == secret:
            raise PermissionError(13, "Permission denied", str(path))
        return really_open(path, *arguments, **options)

    def list_some(path):
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return really_list(path)

    monkeypatch.setattr(os, "open", open_some)
    monkeypatch.setattr(Path, "iterdir", list_some)
    report = house.land()
    assert [(refusal.source_file, refusal.reason) for refusal in report.refused] == [
        ("treasury_csv/balances secret.csv", "unreadable"),
        ("treasury_csv/closed", "unreadable"),
    ]
    assert report.rows_accepted == 2


def test_an_error_nobody_foresaw_refuses_its_file_and_shows_nothing_of_others(house, monkeypatch):
    def stumble(handle, columns):
        raise RecursionError(SECRET)

    monkeypatch.setitem(readers.READERS, ".parquet", stumble)
    house.deliver("balances odd.parquet")
    house.deliver("balances.csv")
    report = house.land()
    [refusal] = report.refused
    assert refusal.reason == "corrupt_file"
    assert "RecursionError" in refusal.message
    assert SECRET not in f"{report} {house.tables()}"
    assert report.rows_accepted == 2


def test_rows_that_get_lost_on_the_way_refuse_the_whole_file(house, monkeypatch):
    really_append = raw.append

    def append_less(connection, contract, delivery, batch):
        accepted, rejected = really_append(connection, contract, delivery, batch)
        return accepted - (delivery.source_file == "treasury_csv/balances leaky.csv"), rejected

    monkeypatch.setattr(raw, "append", append_less)
    house.deliver("balances leaky.csv", house.balances.replace("cango", "other"))
    house.deliver("balances.csv")
    report = house.land()
    assert [refusal.reason for refusal in report.refused] == ["rows_lost"]
    assert len(house.tables()["treasury_csv.balances"]) == report.rows_accepted == 2
