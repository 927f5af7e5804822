"""JSON and XML: records become rows of text, exact and complete, and hostile documents are refused."""

import io
import json

import pytest

from dagster_project.landing.contracts import Layout, Refused
from dagster_project.landing.readers import read, records

PAYOUTS = Layout(
    columns=("id", "amount", "currency", "details"),
    records="data/payouts",
    paths={"amount": "value/amount", "currency": "../../currency", "details": "value"},
)
STATEMENT = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
  <Stmt><Acct><Id><IBAN>XX1</IBAN></Id></Acct><Bal><Amt Ccy="EUR">10.00</Amt></Bal>
    <Ntry><Amt Ccy="EUR">1.50</Amt><Sts>BOOK</Sts><Ustrd>a</Ustrd><Ustrd>b</Ustrd></Ntry>
    <Ntry><Amt Ccy="USD">2.50</Amt><Sts><Cd>PDNG</Cd></Sts></Ntry></Stmt>
  <Stmt><Acct><Id><IBAN>XX2</IBAN></Id></Acct><Ntry><Amt Ccy="EUR">3</Amt></Ntry></Stmt>
</BkToCstmrStmt></Document>"""
ENTRIES = Layout(
    columns=("iban", "amount", "currency", "status", "about"),
    records="Stmt/Ntry",
    paths={
        "iban": "../Acct/Id/IBAN",
        "amount": "Amt",
        "currency": "Amt/@Ccy",
        "status": "Sts",
        "about": "Ustrd",
    },
)


def rows(content: str, extension: str, layout: Layout) -> list[tuple]:
    batches = read(io.BytesIO(content.encode()), extension, layout)
    return [tuple(row.values()) for batch in batches for row in batch.rows.to_pylist()]


def refusal(content: str, extension: str, layout: Layout) -> str:
    with pytest.raises(Refused) as raised:
        rows(content, extension, layout)
    return raised.value.reason


def test_json_records_keep_every_digit_and_what_lies_around_them():
    document = """{"data": {"payouts": [
        {"id": 7, "value": {"amount": 0.123456789012345678901, "final": true}}, {"id": "8", "value": null}
    ]}, "currency": "BTC"}"""
    assert rows(document, ".json", PAYOUTS) == [
        ("7", "0.123456789012345678901", "BTC", '{"amount": "0.123456789012345678901", "final": true}', 1),
        ("8", None, "BTC", None, 2),
    ]


def test_a_list_at_the_top_is_a_list_of_records():
    assert rows('[{"id": 1e-8}, {"id": true}]', ".json", Layout(("id",), records=".")) == [
        ("1e-8", 1),
        ("true", 2),
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ('{"data": {"payouts": [{"id": 1, "memo": "x"}]}}', "unexpected_column"),
        ('{"data": {"payouts": [{"id": 1, "id": 2}]}}', "duplicate_key"),
        ('{"data": {"payouts": ["x"]}}', "wrong_header"),
        ('{"error": "rate limit"}', "wrong_header"),
        ('{"data": {"payouts": [{"id": NaN}]}}', "corrupt_file"),
        ('{"data": {"payouts": [{"id": 1}', "corrupt_file"),
        ("[" * 200_000, "corrupt_file"),
        ("", "corrupt_file"),
    ],
)
def test_json_that_is_not_what_was_agreed_is_refused(document, reason):
    assert refusal(document, ".json", PAYOUTS) == reason


def test_xml_records_have_their_account_their_attributes_and_all_their_texts():
    assert rows(STATEMENT, ".xml", ENTRIES) == [
        ("XX1", "1.50", "EUR", "BOOK", '["a", "b"]', 1),
        ("XX1", "2.50", "USD", '{"Cd": "PDNG"}', None, 2),
        ("XX2", "3", "EUR", None, None, 3),
    ]
    balances = Layout(("amount",), records="Stmt/Bal", paths={"amount": "Amt"})
    assert rows(STATEMENT, ".xml", balances) == [("10.00", 1)]
    empty = STATEMENT[: STATEMENT.index("<Ntry>")] + "</Stmt></BkToCstmrStmt></Document>"
    assert rows(empty, ".xml", ENTRIES) == []


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (BOMB, "unsafe_xml"),
        (FILE, "unsafe_xml"),
        ("<x>" * 100, "too_deep"),
        (STATEMENT[:-30], "corrupt_file"),
        ("<html><body>502</body></html>", "wrong_header"),
        ("", "corrupt_file"),
    ],
)
def test_xml_that_is_hostile_or_something_else_is_refused(document, reason):
    assert refusal(document, ".xml", ENTRIES) == reason


def test_documents_have_a_size_beyond_which_they_are_refused(monkeypatch):
    monkeypatch.setattr(records, "MAX_DOCUMENT_BYTES", 10)
    assert refusal(STATEMENT, ".xml", ENTRIES) == "document_too_large"
    assert refusal(json.dumps(list(range(20))), ".json", PAYOUTS) == "document_too_large"


@pytest.mark.parametrize("extension", [".json", ".xml"])
def test_a_source_that_sends_tables_takes_no_documents(extension):
    assert refusal("{}", extension, Layout(("id",))) == "unsupported_format"
