"""What an analyst finds in the published marts of the sample: what Cango's published figures demand."""

import re
from datetime import date, datetime
from decimal import Decimal

import pytest

from dagster_project.settings import ROOT

SALE = "gaap:treasury_csv:cango-sale-2026-02-08:out"


@pytest.fixture
def ask(published):
    def fetch(query: str) -> list[tuple]:
        return published.execute(query).fetchall()

    return fetch


def test_the_sale_of_4451_btc_brought_305_million_and_lost_141_million_under_fifo(ask):
    [sale] = ask(
        "select quantity, net_proceeds_usd, cost_usd, realized_gain_usd, price_usd, is_illustrative "
        f"from disposals where disposal_id = '{SALE}'"
    )
    assert sale[:3] == (Decimal(4451), Decimal("305000000.00"), Decimal("446487967.34"))
    assert sale[3] == Decimal("-141487967.34")
    assert (sale[4], sale[5]) == (Decimal("68523.92720737"), False)


def test_its_lots_are_the_oldest_ones_and_their_costs_add_up_to_the_cent(ask):
    lots = ask(
        "select l.acquired_at::date, l.quantity, l.cost_usd, l.proceeds_usd from disposal_lots l "
        f"where disposal_id = '{SALE}' order by match_no"
    )
    # January's 550.03 had used up November 2024 and 186.13 of December 2024
    assert (lots[0][0], lots[0][1]) == (date(2024, 12, 31), Decimal("383.77"))
    assert [lot[0] for lot in lots] == sorted(lot[0] for lot in lots)
    assert sum(lot[1] for lot in lots) == 4451
    assert sum(lot[2] for lot in lots) == Decimal("446487967.34")
    assert sum(lot[3] for lot in lots) == Decimal("305000000.00")


def test_the_february_repayment_is_principal_paid_by_the_sale_as_the_company_named_it(ask):
    [repayment] = ask(
        "select principal_usd, interest_usd, principal_before_usd, principal_after_usd, "
        "paid_from_disposals_usd, "
        "paid_from_other_usd, unattributed_usd, funding_bases, "
        "collateral_released_quantity, ltv_before_ratio, ltv_after_ratio "
        "from loan_repayments where event_id = 'treasury_csv:cango-repayment-2026-02-08'"
    )
    million = Decimal(1_000_000)
    assert repayment[:7] == (
        305 * million,
        0,
        Decimal("557.6") * million,
        Decimal("252.6") * million,
        305 * million,
        0,
        0,
    )
    assert repayment[7:9] == ("named", Decimal(4451))
    # 557.6M / (7,474.62 × 70,326.22) and 252.6M / (3,023.62 × 70,326.22)
    assert repayment[9:] == (Decimal("1.060758"), Decimal("1.187925"))


def test_nobody_can_say_who_paid_the_further_222_million(ask):
    [row] = ask(
        "select amount_usd, unattributed_usd, principal_after_usd from loan_repayments "
        "where event_id = 'treasury_csv:cango-repayment-2026-q1'"
    )
    assert row == (Decimal("222000000.00"), Decimal("222000000.00"), Decimal("30600000.00"))


def test_each_repayment_says_which_inflow_paid_it_and_how_we_know(ask):
    assert ask(
        "select loan_id, inflow_id, inflow_kind, basis, amount_usd from repayment_allocations "
        "where company_id = 'cango' order by repaid_at"
    ) == [
        ("antalpha", "treasury_csv:cango-sale-2026-02-08", "disposal", "named", Decimal("305000000.00")),
        ("antalpha", "unattributed", "unattributed", "shortfall", Decimal("222000000.00")),
    ]


def test_released_collateral_names_its_lots_in_each_book_that_has_them(ask):
    """In gaap 56 coins came back as one new lot; in tax those came back that were pledged, the oldest ones.

    Cango's pool is the company's: its released coins have no lots of their own.
    """
    [(lots, cost)] = ask(
        "select string_split(released_lots, '; '), released_cost_usd from loan_repayments "
        "where event_id = 'treasury_csv:lantern-repayment-2026-03'"
    )
    assert ([lot for lot in lots if lot.startswith("gaap")], cost) == (
        ["gaap:treasury_csv:lantern-release-2026-03:in"],
        56 * Decimal("67375"),
    )
    pledged = ["buy-2025-07", "buy-2025-08", "buy-2026-02", "opening-btc", "swap-usdt-btc-2025-10"]
    assert [lot for lot in lots if lot.startswith("tax")] == [
        f"tax:treasury_csv:lantern-{lot}:in" for lot in pledged
    ]
    assert ask("select released_lots from loan_repayments where company_id = 'cango'") == [(None,), (None,)]


def test_cango_debt_q1(ask):
    """557.6M → 30.6M, of which 305.0M on February 8: 222.0M from other sources."""
    [opening], [closing] = ask(
        "select principal_usd from loans_daily where loan_id = 'antalpha' "
        "and date in ('2025-12-31', '2026-03-31') order by date"
    )
    [(repaid, unattributed)] = ask(
        "select sum(principal_usd), sum(unattributed_usd) from loan_repayments where loan_id = 'antalpha'"
    )
    million = Decimal(1_000_000)
    assert (opening, closing) == (Decimal("557.6") * million, Decimal("30.6") * million)
    assert (repaid, unattributed) == (opening - closing, 222 * million)


def test_none_of_the_305_million_is_traced_to_capex(ask):
    assert ask(
        "select use_kind, basis, amount_usd from proceeds_uses "
        "where inflow_id = 'treasury_csv:cango-sale-2026-02-08'"
    ) == [("loan_repayment", "named", Decimal("305000000.00"))]
    assert ask(
        "select count(*) from capex_allocations where company_id = 'cango' and inflow_kind = 'disposal'"
    ) == [(0,)]


def test_the_ai_project_is_funded_by_the_equity_raise(ask):
    rows = ask(
        "select distinct inflow_kind, basis, is_illustrative from capex_allocations "
        "where project_kind = 'ai' and company_id = 'cango'"
    )
    assert rows == [("equity_raise", "named", True)]
    [(paid, from_equity, illustrative)] = ask(
        "select paid_usd, paid_from_equity_usd, is_illustrative from capex_projects "
        "where project_id = 'ai_inference'"
    )
    assert (paid, from_equity, illustrative) == (Decimal("36500000.00"), Decimal("36500000.00"), True)


def test_every_inflow_is_spent_or_unspent_to_the_cent(ask):
    assert (
        ask(
            "select sum(u.amount_usd) - any_value(d.net_proceeds_usd) from proceeds_uses u join disposals d "
            "on d.event_id = u.inflow_id and d.book = 'gaap' and d.disposal_type = 'sale' "
            "group by d.disposal_id having sum(u.amount_usd) <> any_value(d.net_proceeds_usd)"
        )
        == []
    )


def test_every_reported_month_end_agrees_within_its_rounding_and_says_what_is_inferred(ask):
    rows = ask(
        "select as_of::date, difference_quantity, ours_illustrative_quantity from reconciliation "
        "where company_id = 'cango' and account_id = '*' and status <> 'not_believed' order by 1"
    )
    assert len(rows) == 17
    assert all(abs(difference) <= Decimal("0.05") for _, difference, _ in rows)
    inferred = {day: quantity for day, _, quantity in rows}
    assert inferred[date(2025, 12, 31)] == 0
    # January's day, 165.05 in February, both sales of March: inferred or illustrative
    assert inferred[date(2026, 3, 31)] == -(Decimal("550.03") + Decimal("165.05") + 2000 + Decimal("602.53"))


def test_sources_that_contradict_the_company_are_kept_and_not_believed(ask):
    rows = ask("select theirs_quantity from reconciliation where status = 'not_believed' order by 1")
    assert [row[0] for row in rows] == [2537, 3023, 3645]


def test_debt_stands_at_the_published_quarter_ends(ask):
    rows = ask(
        "select principal_usd, ltv_ratio from loans_daily where loan_id = 'antalpha' "
        "and date in ('2025-09-30', '2025-12-31', '2026-03-31') order by date"
    )
    assert [row[0] for row in rows] == [Decimal("405100000"), Decimal("557600000"), Decimal("30600000")]
    assert [round(row[1], 3) for row in rows] == [Decimal("0.614"), Decimal("0.846"), Decimal("0.443")]


def test_terms_that_nobody_published_give_no_state_and_no_prices(ask):
    assert ask(
        "select loan_state, price_to_margin_call_usd, accrued_interest_usd from loans "
        "where loan_id = 'antalpha'"
    ) == [("terms_unknown", None, None)]


def test_lantern_s_loan_is_called_and_cured(ask):
    states = dict(ask("select date, loan_state from loans_daily where loan_id = 'harbor'"))
    assert [states[date(2026, 2, day)] for day in (4, 5, 6)] == ["current", "margin_call", "current"]
    assert states[date(2026, 3, 31)] == "repaid"


def test_lantern_s_interest_accrues_600_a_day_and_ties_to_the_cent(ask):
    rows = ask(
        "select date, accrued_interest_usd from loans_daily where loan_id = 'harbor' order by date limit 3"
    )
    assert rows[0][0] == date(2025, 9, 2)
    assert [row[1] for row in rows] == [600, 1200, 1800]


def test_specific_identification_takes_the_named_lots_in_both_books(ask):
    rows = ask(
        "select book, lot_id, quantity, basis from disposal_lots "
        "where disposal_id like '%lantern-sale-2025-12:out' and book = 'gaap' order by match_no"
    )
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("gaap:treasury_csv:lantern-buy-2025-08:in", 6, "specific"),
        ("gaap:treasury_csv:lantern-swap-usdt-btc-2025-10:in", Decimal("2.1"), "specific"),
    ]


def test_every_row_of_the_fictional_company_is_marked(ask):
    for mart in (
        "events",
        "disposals",
        "lots",
        "loan_repayments",
        "capex_allocations",
        "capex_projects",
        "proceeds_uses",
    ):
        assert ask(f"select count(*) from {mart} where company_id = 'lantern' and not is_illustrative") == [
            (0,)
        ], mart


def test_an_auditor_finds_file_and_row_of_every_disposal(ask):
    for file, row, event, day in ask(
        "select source_file, source_row, event_id, disposed_at::date from disposals"
    ):
        line = (ROOT / "data" / "sample" / file).read_text().splitlines()[row - 1]
        source, native_id = event.split(":", 1)
        assert file.startswith(f"{source}/")
        stated = native_id.split(":")[0]  # behind it stands what tells the legs of one transaction apart
        assert stated in line or f"{day}" in line  # some venues give no ids


def test_the_day_of_a_sale_is_the_company_s_own(ask):
    rows = ask(
        "select disposed_at, disposed_on from disposals "
        "where company_id = 'cango' and book = 'gaap' order by 1 limit 1"
    )
    assert rows == [(datetime(2026, 1, 31, 13), date(2026, 1, 31))]


UNITS = {
    "DECIMAL(38,18)": "units",
    "DECIMAL(18,2)": "US dollars",
    "DECIMAL(28,8)": "US dollars",
    "DECIMAL(18,6)": "ratio",
    "TIMESTAMP": "UTC",
}


def test_every_column_is_described_with_its_unit(ask):
    columns = ask(
        "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'marts'"
    )
    assert {table for table, *_ in columns} == {
        table for (table,) in ask("select table_name from duckdb_tables() where schema_name = 'marts'")
    }
    silent = [
        (table, column, comment)
        for table, column, kind, comment in columns
        if not comment or UNITS.get(kind, "").lower() not in comment.lower()
    ]
    assert silent == []


def test_every_mart_opens_with_its_grain_and_the_same_sentence_is_its_description(ask):
    for mart, comment in ask("select table_name, comment from duckdb_tables() where schema_name = 'marts'"):
        [path] = (ROOT / "dbt/models/marts").rglob(f"{mart}.sql")
        first = path.read_text().splitlines()[0]
        assert first == f"-- {comment}"
        assert comment.startswith("One row per ")


def test_no_column_is_a_float_or_of_a_type_that_bi_tools_misread(ask):
    kinds = {
        kind.split("(")[0]
        for (kind,) in ask("select distinct data_type from duckdb_columns() where not internal")
    }
    assert kinds <= {"VARCHAR", "DECIMAL", "TIMESTAMP", "DATE", "BOOLEAN", "INTEGER", "BIGINT"}


def test_no_whole_address_or_key_of_a_wallet_is_published(published):
    """The sample's files have some of each (S-02): whoever has them sees all that a company ever held."""
    whole = r"(bc1[0-9a-z]{14}|xpub[0-9A-Za-z]{12}|0x[0-9a-fA-F]{40}\b)"
    files = (ROOT / "data/sample").rglob("*.csv")
    assert len(set(re.findall(whole, "".join(path.read_text() for path in files)))) > 2
    columns = published.execute(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts' and data_type = 'VARCHAR'"
    ).fetchall()
    for table, column in columns:
        found = published.execute(
            f'select "{column}" from {table} where regexp_matches("{column}", ?)', [whole]
        ).fetchall()
        assert found == [], (table, column)
