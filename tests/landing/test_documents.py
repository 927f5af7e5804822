"""One document may hold the records of two tables: both are landed, or neither, and raw can be restored."""

import pytest

from dagster_project import landing
from dagster_project.landing.contracts import Contract, Layout

DOCUMENT = '{"payouts": [{"id": 1}, {"id": 2}], "balances": [{"amount": 3.50}]}'
CONTRACTS = (
    Contract("treasury_csv", "payouts", ("pool*",), Layout(("id",), records="payouts")),
    Contract("treasury_csv", "held", ("pool*",), Layout(("amount",), records="balances")),
)


@pytest.fixture(autouse=True)
def _contracts(monkeypatch):
    monkeypatch.setattr(landing, "load_contracts", lambda staging: CONTRACTS)


def test_a_document_fills_both_tables_once(house):
    house.deliver("pool.json", DOCUMENT)
    assert [file.rows_accepted for file in house.land().landed] == [2, 1]
    assert house.query("select id from treasury_csv.payouts") == [("1",), ("2",)]
    assert house.query("select amount from treasury_csv.held") == [("3.50",)]
    again = house.land()
    assert (again.landed, [passed.why for passed in again.duplicates]) == (
        [],
        ["duplicate content of treasury_csv/pool.json"],
    )


def test_what_one_table_refuses_is_in_neither(house):
    house.deliver("pool.json", '{"payouts": [{"id": 1}]}')
    [refusal] = house.land().refused
    assert refusal.reason == "wrong_header"
    assert house.query("from treasury_csv.payouts") == []
    assert not house.copies()


def test_both_tables_are_restored_from_the_copy(house):
    house.deliver("pool.json", DOCUMENT)
    house.land()
    before = house.tables()
    house.settings.raw.unlink()
    house.land()
    assert house.tables() == before
