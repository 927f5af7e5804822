"""Known headers: a file must match one of them exactly, whatever their order, case and spaces."""

import io
import json

import pytest

from dagster_project.landing.contracts import Header, Layout, Refused
from dagster_project.landing.readers import read

VERSIONS = Layout(
    columns=("id", "price", "fee", "fee_2", "assets"),
    headers=(
        Header(("ID", "Price at Transaction", "Fee"), ("id", "price", "fee")),
        Header(("ID", "Spot Price", "Fee", "Fee"), ("id", "price", "fee", "fee_2")),
    ),
    gathered=("* amount *", "fee (*)"),
    gathered_in="assets",
)


def rows(content: str, layout: Layout = VERSIONS) -> list[dict]:
    handle = io.BufferedReader(io.BytesIO(content.encode()))
    return [row for batch in read(handle, ".csv", layout) for row in batch.rows.to_pylist()]


def refusal(content: str, layout: Layout = VERSIONS) -> Refused:
    with pytest.raises(Refused) as raised:
        rows(content, layout)
    return raised.value


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("ID,Price at Transaction,Fee", {"id": "1", "price": "2", "fee": "3"}),
        (" fee ,id,price AT transaction", {"fee": "1", "id": "2", "price": "3"}),
    ],
)
def test_a_file_binds_to_the_version_it_has(header, expected):
    assert rows(f"{header}\n1,2,3\n") == [expected | {"source_row": 2, "assets": "{}"}]


def test_a_name_that_stands_twice_binds_to_two_columns():
    [row] = rows("ID,Spot Price,Fee,Fee\n1,2,3,4\n")
    assert (row["fee"], row["fee_2"]) == ("3", "4")


@pytest.mark.parametrize(
    ("header", "reason", "said"),
    [
        ("ID,Spot Price,Fee", "missing_column", "lacks 'Fee'"),
        ("ID,Price,Fee", "wrong_header", "lacks 'Price at Transaction' and has 'Price' instead"),
        ("ID,Price at Transaction,Fee,Memo", "unexpected_column", "also has 'Memo'"),
        ("ID,ID,Price at Transaction,Fee", "duplicate_column", "has 'id' more than once"),
    ],
)
def test_a_refusal_names_the_nearest_version_and_the_difference(header, reason, said):
    refused = refusal(f"{header}\n1,2,3\n")
    assert refused.reason == reason
    assert said in refused.sentence
    assert "The nearest of the 2 known headers is: ID, " in refused.sentence or reason == "duplicate_column"


def test_columns_per_asset_are_gathered_into_one():
    [row] = rows("ID,BTC Amount BTC,Fee,Fee (BTC),Price at Transaction,ETH Amount ETH\n1,0.5,2,0.1,9,\n")
    assert json.loads(row["assets"]) == {"btc amount btc": "0.5", "fee (btc)": "0.1"}
    assert (row["id"], row["fee"], row["price"]) == ("1", "2", "9")


def test_semicolons_where_the_contract_says_so():
    layout = Layout(("id", "note"), delimiter=";")
    assert rows('id;note\n1;"a;b"\n2;a,b\n', layout) == [
        {"id": "1", "note": "a;b", "source_row": 2},
        {"id": "2", "note": "a,b", "source_row": 3},
    ]
    assert refusal("id,note\n1,a\n", layout).sentence.startswith(
        "commas separate the columns. Save the file with sem"
    )
    [batch] = read(io.BytesIO(b'id;note\n1;2;3\n4\n5;"x"y\n'), ".csv", layout)
    assert [row.reason for row in batch.bad] == ["too_many_columns", "too_few_columns", "unbalanced_quote"]


def test_a_preamble_is_skipped_and_no_longer_one_than_declared():
    layout = Layout(("id", "note"), preamble_lines=2)
    assert rows("\nTransactions\nUser,x,y\nid,note\n1,a\n", layout) == [
        {"id": "1", "note": "a", "source_row": 5}
    ]
    assert rows("id,note\n1,a\n", layout) == [{"id": "1", "note": "a", "source_row": 2}]
    assert refusal("a\nb\nc\nid,note\n1,a\n", layout).reason == "wrong_header"


def test_a_file_without_a_header_has_the_columns_in_their_order():
    layout = Layout(("opened_at", "close"), has_header=False)
    for head in ("", "\ufeff"):
        found = rows(f"{head}1770249600,62704.9\n1770336000,70555.1\n", layout)
        assert found == [
            {"opened_at": "1770249600", "close": "62704.9", "source_row": 1},
            {"opened_at": "1770336000", "close": "70555.1", "source_row": 2},
        ]
    assert refusal("", layout).reason == "empty_file"
