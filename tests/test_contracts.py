"""Contracts are read from dbt's yml files, and a broken one is named with what to write."""

import pytest

from dagster_project.landing.contracts import Contract, ContractError, Header, Layout, load_contracts
from dagster_project.settings import ROOT

YML = """
version: 2
sources:
  - name: kraken
    tables:
      - name: trades
        config: {meta: {file_pattern: "trades*"}}
        columns: [{name: Trade ID}, {name: price}]
"""


@pytest.fixture
def staging(tmp_path):
    (tmp_path / "kraken").mkdir()
    (tmp_path / "kraken" / "_kraken.yml").write_text(YML)
    return tmp_path


def test_a_contract_is_what_the_yml_says(staging):
    assert load_contracts(staging) == (
        Contract("kraken", "trades", ("trades*",), Layout(("Trade ID", "price"))),
    )


def test_the_contracts_of_the_house_are_ordered_and_complete():
    contracts = load_contracts(ROOT / "dbt" / "models" / "staging")
    universal = [contract for contract in contracts if contract.source == "treasury_csv"]
    assert [contract.entity for contract in universal] == ["events", "prices", "balances"]
    assert len(universal[0].columns) == 20
    assert [contract.source for contract in contracts] == sorted(contract.source for contract in contracts)


@pytest.mark.parametrize(
    ("said", "instead", "complaint"),
    [
        ("version: 2", "version: [", "is not YAML"),
        ("sources:", "models:", "does not say 'sources'"),
        ("config: {meta: {file_pattern: \"trades*\"}}", "description: none", "does not say 'config'"),
        ('file_pattern: "trades*"', "identity: none", "does not say 'file_pattern'"),
        ("columns:", "fields:", "does not say 'columns'"),
        ("columns: [{name: Trade ID}, {name: price}]", "columns: []", "it has no columns"),
        ("name: price", "name: trade id", "'trade id' is declared twice"),
        ("name: price", "name: Source_Row", "'source_row' is declared twice or is one that landing adds"),
        ("name: price", "name: 1", "must be texts"),
        ("name: price", 'name: " price"', "must be texts without spaces"),
        ("name: kraken", "name: ../kraken", "cannot name a folder"),
        ("name: kraken", "name: landing", "cannot name a folder"),
    ],
)  # fmt: skip
def test_a_broken_contract_is_named(staging, said, instead, complaint):
    path = staging / "kraken" / "_kraken.yml"
    path.write_text(YML.replace(said, instead))
    with pytest.raises(ContractError) as raised:
        load_contracts(staging)
    assert str(raised.value).startswith(str(path))
    assert complaint in str(raised.value)


def test_a_table_is_declared_once(staging):
    (staging / "other").mkdir()
    (staging / "other" / "_other.yml").write_text(YML)
    with pytest.raises(ContractError, match=r"kraken\.trades is declared twice"):
        load_contracts(staging)


@pytest.mark.parametrize(
    ("stem", "is_covered"),
    [("trades", True), ("Trades 2026", True), ("-trades", True), ("my trades", False), ("trade", False)],
)
def test_a_pattern_covers_names_whatever_their_case(stem, is_covered):
    assert Contract("kraken", "trades", ("Trades*",), Layout(("price",))).covers(stem) == is_covered


VERSIONS = """
sources:
  - name: kraken
    tables:
      - name: trades
        config:
          meta:
            file_pattern: ["trades*", "*_trades"]
            delimiter: ";"
            headers: ["ID;Date / Time (UTC);Fee;Fee", "Fee;id;When;"]
        columns:
          - {name: id}
          - {name: date_time_utc, config: {meta: {called: [When]}}}
          - {name: fee}
          - {name: fee_2}
          - {name: unnamed, config: {meta: {called: [""]}}}
"""


def test_every_known_header_is_bound_to_the_columns(staging):
    (staging / "kraken" / "_kraken.yml").write_text(VERSIONS)
    [contract] = load_contracts(staging)
    assert contract.layout.headers == (
        Header(("ID", "Date / Time (UTC)", "Fee", "Fee"), ("id", "date_time_utc", "fee", "fee_2")),
        Header(("Fee", "id", "When", ""), ("fee", "id", "date_time_utc", "unnamed")),
    )
    assert contract.covers("Old_Trades") and contract.covers("trades 2026")


@pytest.mark.parametrize(
    ("said", "instead", "complaint"),
    [
        ("{name: fee_2}", "{name: other}", "no column is called 'Fee' as in the header"),
        ("called: [When]", "called: [Then]", "no column is called 'When' as in the header"),
        ('"Fee;id;When;"', '"fee;FEE;date / time (utc);ID"', "is declared twice"),
        ("{name: fee", "{config: {meta: {gathers: [a*]}}, name: fee", "fee, fee_2 all gather columns"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_bound_is_named(staging, said, instead, complaint):
    path = staging / "kraken" / "_kraken.yml"
    path.write_text(VERSIONS.replace(said, instead))
    with pytest.raises(ContractError) as raised:
        load_contracts(staging)
    assert str(raised.value).startswith(str(path))
    assert complaint in str(raised.value)
