"""The story of a number: every figure is one of a mart, and every branch ends at a row of a file."""

import io

import pytest
from rich.console import Console

from dagster_project.cli.explain import explain, similar

SALE = "gaap:treasury_csv:cango-sale-2026-02-08:out"
REPAYMENT = "treasury_csv:cango-repayment-2026-02-08:antalpha"


@pytest.fixture
def told(published):
    """The tree of an id, as lines of text."""

    def tell(wanted):
        screen = Console(file=io.StringIO(), width=400)
        screen.print(explain(published, wanted))
        return screen.file.getvalue().splitlines()

    return tell


def row_of(published, event_id):
    [(file, row)] = published.execute(
        "select source_file, source_row from events where event_id = ?", [event_id]
    ).fetchall()
    return f"{file}, row {row}, "


def test_a_disposal_is_told_down_to_the_row_of_each_lot(told, published):
    lines = told(SALE)
    assert "4,451 BTC left by sale (book gaap, fifo)" in lines[0]
    assert any("realized gain -141,487,967.34 USD" in line for line in lines)
    slices = published.execute(
        "select realized_gain_usd, event_id from disposal_lots inner join lots using (book, lot_id) "
        "where disposal_id = ? order by match_no",
        [SALE],
    ).fetchall()
    starts = [number for number, line in enumerate(lines) if "held " in line]
    assert len(starts) == len(slices) == 9
    for start, (gain, event_id) in zip(starts, slices, strict=True):
        assert f"gain {gain:,.2f} USD" in lines[start]
        assert row_of(published, event_id) in lines[start + 1]
    assert "305,000,000.00 USD loan_repayment, 2026-02-08 · named" in lines[-2]
    assert row_of(published, "treasury_csv:cango-repayment-2026-02-08") in lines[-1]


def test_a_repayment_is_told_back_to_the_mined_coins(told, published):
    lines = told(REPAYMENT)
    assert any("557,600,000.00 USD → 252,600,000.00 USD" in line for line in lines)
    assert sum("(mining_reward; book gaap)" in line for line in lines) == 9
    assert row_of(published, "treasury_csv:cango-repayment-2026-02-08") in "".join(lines)


@pytest.mark.parametrize(
    ("mart", "key"), [("capex_allocations", "capex_id"), ("lots", "lot_id"), ("events", "event_id")]
)
def test_every_id_has_a_story_that_ends_at_a_row(told, published, mart, key):
    ids = published.execute(f"select distinct {key} from {mart} order by all limit 40").fetchall()
    assert ids
    for (wanted,) in ids:
        assert any(", row " in line for line in told(wanted)), wanted


def test_an_unknown_id_names_those_that_contain_it(published):
    assert explain(published, "sale-2026-02-08") is None
    assert SALE in similar(published, "SALE-2026-02-08")
    assert similar(published, "no such thing") == []
