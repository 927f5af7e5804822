"""The newcomer's page: what it says to do gives the numbers that it shows."""

import re

import pytest

from dagster_project.settings import ROOT, Settings

PAGE = (ROOT / "docs" / "start.md").read_text()


@pytest.fixture
def begin(coffer, tmp_path, settings):
    """`coffer init` for a company of this name, in an empty folder."""
    return lambda *options: coffer(
        settings, "init", str(tmp_path / "house"), *options, "--name", "Acme, Inc."
    )


def test_a_newcomer_gets_the_numbers_that_the_page_shows(begin, coffer, tmp_path):
    said = begin("--company", "acme")
    assert said.returncode == 0, said.stderr
    house = tmp_path / "house"
    files = re.findall(r"`house/(inbox/treasury_csv/\S+)`.*?```csv\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in files] == ["inbox/treasury_csv/events.csv", "inbox/treasury_csv/prices.csv"]
    for name, text in files:
        (house / name).write_text(text)
    settings = Settings(data=house / "data", inbox=house / "inbox", seeds=house / "seeds")
    night = coffer(settings, "nightly")
    assert night.returncode == 0, night.stderr
    [(query, answer)] = re.findall(
        r'coffer sql "(select disposed_on.*?)"\n```\n```\n(.*?)```', PAGE, re.DOTALL
    )
    assert coffer(settings, "sql", query).stdout.strip() == answer.strip()
    assert "Acme, Inc." in (house / "seeds" / "companies.csv").read_text()


def test_a_house_that_stands_is_not_begun_again(begin, tmp_path):
    assert begin("--company", "acme").returncode == 0
    again = begin("--company", "acme")
    assert again.returncode == 1
    assert "exists already" in again.stderr


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--company", "Acme Inc", "is no id"),
        ("--method", "newest", "is no lot method"),
        ("--fiscal-year-end", "30-06", "is no day of a year"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(begin, tmp_path, option, value, told):
    company = [] if option == "--company" else ["--company", "acme"]
    refused = begin(*company, option, value)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert not (tmp_path / "house").exists()
