"""The sample says no more than its sources: what is derived is computed once more from `tests/reference`."""

import csv
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal as D
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import yaml

ROOT = Path(__file__).resolve().parents[1]
README = "data/sample/README.md"
NUMBERS = {"from_quantity", "to_quantity", "fee_quantity", "value_usd", "amount_usd", "quantity"}


def rows(path: str) -> list[SimpleNamespace]:
    """All rows of a CSV file of the project: text, amounts as Decimal, an empty amount as None."""

    def read(name: str, text: str):
        return text if name not in NUMBERS else D(text) if text else None

    with (ROOT / path).open(encoding="utf-8", newline="") as file:
        return [SimpleNamespace(**{k: read(k, v) for k, v in row.items()}) for row in csv.DictReader(file)]


SEEDS = {path.stem: rows(path) for path in sorted(ROOT.glob("seeds/*.csv"))}
for name in ("assets", "event_types"):  # facts of the product, which come with dbt
    SEEDS[name] += rows(ROOT / "dbt" / "seeds" / f"known_{name}.csv")
SAMPLE = {path.stem: rows(path) for path in sorted(ROOT.glob("data/sample/treasury_csv/*.csv"))}
EVENTS = SAMPLE["events"]
EVENT = {event.event_id: event for event in EVENTS}
HOLDING = {"custody", "exchange", "cash", "collateral", "transit"}
HOLDINGS = {account.account_id for account in SEEDS["accounts"] if account.kind in HOLDING}
FACTS = rows("tests/reference/cango_facts.csv")
PRICE = {(p.asset, p.date): D(p.price) for p in rows("tests/reference/price_points.csv")}


def facts(metric: str) -> dict[str, D]:
    """The published figure of each date."""
    return {fact.date: D(fact.value) for fact in FACTS if fact.metric == metric}


def cents(amount: D) -> D:
    return amount.quantize(D("0.01"), ROUND_HALF_UP)


def end_of(day: str) -> str:
    return f"{day}T23:59:59Z"


def legs(event: SimpleNamespace) -> list[tuple[str, str, D]]:
    """Account, asset and signed quantity; plus means that the account grew."""
    out = (event.from_account, event.from_asset, -event.from_quantity)
    into = (event.to_account, event.to_asset, event.to_quantity)
    fee = [(event.fee_account, event.fee_asset, -event.fee_quantity)] if event.fee_account else []
    return [out, into, *fee]


def balances(moment: str) -> dict[tuple[str, str], D]:
    """The balance of each account and asset after all events up to a moment (texts in Z sort as times do)."""
    total: dict[tuple[str, str], D] = defaultdict(D)
    for event in EVENTS:
        if event.occurred_at <= moment:
            for account, asset, quantity in legs(event):
                total[account, asset] += quantity
    return total


def held_by_cango(moment: str) -> D:
    """BTC in all accounts that hold what the company owns, whoever keeps it."""
    btc = {account: q for (account, asset), q in balances(moment).items() if asset == "BTC"}
    return sum(btc[account] for account in HOLDINGS & btc.keys() if account.startswith("cango:"))


# The files


def test_the_files_are_plain_text_with_one_kind_of_line_end():
    for path in [*ROOT.glob("seeds/*.csv"), *ROOT.glob("data/sample/*/*.csv")]:
        text = path.read_bytes().decode("utf-8")
        assert "\r" not in text and "\ufeff" not in text and text.endswith("\n"), path
        assert all(line == line.strip() for line in text.splitlines()), path


def test_the_headers_are_those_of_the_contract_and_rows_stand_in_the_order_of_time():
    contract = yaml.safe_load((ROOT / "dbt/models/staging/treasury_csv/_treasury_csv.yml").read_text("utf-8"))
    moment = {"events": "occurred_at", "prices": "priced_at", "balances": "as_of"}
    for table in contract["sources"][0]["tables"]:
        found = SAMPLE[table["name"]]
        assert list(vars(found[0])) == [column["name"] for column in table["columns"]]
        times = [getattr(row, moment[table["name"]]) for row in found]
        assert times == sorted(times) and all(time.endswith("Z") for time in times)


def test_every_row_cites_a_source_and_every_source_of_cango_is_one_that_was_read():
    read = {fact.source_url for fact in FACTS if fact.source_url.startswith("http")}
    for row in (row for table in (SEEDS | SAMPLE).values() for row in table if hasattr(row, "source_url")):
        assert row.source_url == README or row.source_url.startswith("https://"), row
        if getattr(row, "company_id", "") == "cango":
            assert row.source_url in read | {README}, row
        if hasattr(row, "is_illustrative"):
            assert row.source_url != README or row.is_illustrative == "true", row


def test_a_row_is_illustrative_exactly_when_its_note_says_so():
    for row in EVENTS + [
        row for table in SEEDS.values() for row in table if {"is_illustrative", "note"} <= vars(row).keys()
    ]:
        word = row.note.split(":")[0]
        assert word in {"published", "derived", "illustrative", "inferred"}, row
        assert row.is_illustrative == str(word in {"illustrative", "inferred"}).lower(), row


def test_every_name_in_an_event_is_known():
    owner = {account.account_id: account.company_id for account in SEEDS["accounts"]}
    decimals = {asset.asset_id: int(asset.decimals) for asset in SEEDS["assets"]}
    assert len(EVENT) == len(EVENTS)
    assert {event.event_type for event in EVENTS} <= {row.event_type for row in SEEDS["event_types"]}
    for event in EVENTS:
        for account, asset, quantity in legs(event):
            assert owner[account] == event.company_id
            assert -quantity.as_tuple().exponent <= decimals[asset]
    for use in SEEDS["designated_uses"]:
        assert use.inflow_event_id.removeprefix("treasury_csv:") in EVENT
        assert not use.use_event_id or use.use_event_id.removeprefix("treasury_csv:") in EVENT


def test_no_account_pays_what_it_does_not_hold_but_for_the_one_overdraft_of_lantern():
    ever = [row for moment in {event.occurred_at for event in EVENTS} for row in balances(moment).items()]
    overdrawn = {(account, q) for (account, _), q in ever if account in HOLDINGS and q < 0}
    assert overdrawn == {("lantern:cash", D("-1234.56"))}


def test_prices_are_copied_exactly_and_all_others_say_that_they_are_illustrative():
    time_of_day = {"daily close 24:00 UTC": "23:59:59Z", "intraday sample, time of day unknown": "12:00:00Z"}
    points = rows("tests/reference/price_points.csv")
    published = {(p.asset, f"{p.date}T{time_of_day[p.convention]}", p.price, p.convention) for p in points}
    ours = {(p.asset_id, p.priced_at, p.price, p.convention) for p in SAMPLE["prices"]}
    assert published < ours and len(ours) == len(SAMPLE["prices"])
    assert {row[0] + ": " + row[3] for row in ours - published} == {"ETH: illustrative month-end price"}


# Cango


def test_what_was_mined_is_what_was_published():
    mined = {e.occurred_at: e.to_quantity for e in EVENTS if e.event_type == "mining_reward"}
    assert mined == {f"{day}T12:00:00Z": quantity for day, quantity in facts("btc_produced").items()}
    assert len(mined) == 17


def test_a_mined_month_is_valued_by_its_share_of_the_revenue_or_by_the_price_of_its_end():
    produced = facts("btc_produced")
    expected = {day: cents(produced[day] * PRICE["BTC", day]) for day in produced}
    for quarter_end, revenue in facts("revenue_bitcoin_mining").items():
        first, second, last = [day for day in produced if day <= quarter_end][-3:]
        mined = produced[first] + produced[second] + produced[last]
        expected |= {day: cents(revenue * produced[day] / mined) for day in (first, second)}
        expected[last] = revenue - expected[first] - expected[second]
    assert {day: EVENT[f"cango-mining-{day[:7]}"].value_usd for day in produced} == expected


def test_holdings_at_seventeen_month_ends_are_the_reported_ones():
    believed = {row.as_of: row for row in SEEDS["reported_holdings"] if row.is_believed == "true"}
    assert len(believed) == 17
    for moment, row in believed.items():
        assert abs(held_by_cango(moment) - row.quantity) <= D(row.tolerance_quantity) == D("0.05")
    for day, published in facts("btc_held").items():
        assert believed[end_of(day)].quantity == published


def test_a_figure_that_contradicts_the_company_s_own_is_kept_and_not_believed():
    doubted = {(row.as_of, row.quantity) for row in SEEDS["reported_holdings"] if row.is_believed == "false"}
    metrics = ["CONTRADICTION_btc_held", "btc_held_after_sale_tracker", "btc_held_after_sale_press"]
    assert doubted == {(end_of(day), value) for metric in metrics for day, value in facts(metric).items()}


def test_sales_without_a_published_price_have_the_month_end_s_and_say_so():
    sold, total = facts("btc_sold"), facts("btc_sold_total_month")
    announced = facts("btc_sold_announced")["2026-03-31"]
    expected = {
        "cango-sale-2026-01": ("2026-01-31", "illustrative", sold["2026-01-31"]),
        "cango-sale-2026-02-other": ("2026-02-28", "inferred", total["2026-02-28"] - sold["2026-02-08"]),
        "cango-sale-2026-03": ("2026-03-31", "illustrative", announced),
        "cango-sale-2026-03-other": ("2026-03-31", "inferred", total["2026-03-31"] - announced),
    }
    for event_id, (day, word, quantity) in expected.items():
        sale = EVENT[event_id]
        assert (sale.from_quantity, sale.occurred_at[:10], sale.note.split(":")[0]) == (quantity, day, word)
        assert sale.to_quantity == sale.value_usd == cents(quantity * PRICE["BTC", day])


def test_the_february_sale_repaid_the_loan_with_every_dollar():
    release, sale, paid = (EVENT[f"cango-{what}-2026-02-08"] for what in ("release", "sale", "repayment"))
    [named] = [use for use in SEEDS["designated_uses"] if use.inflow_event_id.endswith(sale.event_id)]
    [proceeds] = facts("btc_sale_net_proceeds").values()
    assert release.group_id == sale.group_id == paid.group_id == "cango-2026-02-08"
    assert release.occurred_at < sale.occurred_at < paid.occurred_at
    assert release.to_quantity == sale.from_quantity == facts("btc_sold")["2026-02-08"]
    assert sale.to_quantity == sale.value_usd == paid.to_quantity == named.amount_usd == proceeds
    assert named.use_event_id.endswith(paid.event_id)
    assert {sale.is_illustrative, paid.is_illustrative, named.is_illustrative} == {"false"}
    # 4,451 x 68,524 = 305,000,324: the published average price is rounded to the dollar.
    [average] = facts("btc_sale_avg_price").values()
    assert abs(average - proceeds / sale.from_quantity) < D("0.5")


def test_debt_and_collateral_are_the_published_ones():
    debts = facts("long_term_debt_related_party") | facts("long_term_debt")
    pledged = {day: balances(end_of(day))["cango:collateral:antalpha", "BTC"] for day in debts}
    assert {day: -balances(end_of(day))["cango:loan:antalpha", "USDT"] for day in debts} == debts
    [other] = facts("loan_principal_repaid_other_q1").values()
    assert EVENT["cango-repayment-2026-q1"].to_quantity == other
    for day, ratio in facts("implied_ltv").items():
        assert round(debts[day] / (pledged[day] * PRICE["BTC", day]), 3) == ratio
    receivable = "receivable_for_bitcoin_collateral"
    gross = facts(f"{receivable}_net")["2024-12-31"] + facts(f"{receivable}_allowance")["2024-12-31"]
    assert EVENT["cango-pledge-2024-12"].to_quantity == cents(gross / PRICE["BTC", "2024-12-31"])
    for day, published in facts(f"{receivable}_related_party").items():
        assert abs(pledged[day] * PRICE["BTC", day] / published - 1) < D("0.0003")


def test_all_holdings_are_pledged_at_the_month_ends_of_the_deleveraging():
    for moment in map(end_of, ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31"]):
        assert balances(moment)["cango:collateral:antalpha", "BTC"] == held_by_cango(moment)


def test_money_and_projects_are_the_published_ones():
    cash = {row.as_of: row.quantity for row in SAMPLE["balances"] if row.account_id == "cango:cash"}
    assert cash == {end_of(day): published for day, published in facts("cash_and_equivalents").items()}
    for event_id, metric in {
        "cango-machines-2024-11": "mining_machines_cash_purchase_32EHs",
        "cango-machines-2025-06": "mining_machines_share_purchase_18EHs_contract",
        "cango-georgia-2025-08": "georgia_50MW_facility_purchase",
        "cango-divestiture-2025-05": "china_business_divestiture",
        "cango-equity-ewcl": "equity_agreement_class_b",
        "cango-equity-fortune-peak": "equity_agreement_fortune_peak",
        "cango-equity-armada-network": "equity_agreement_armada_network",
    }.items():
        assert [EVENT[event_id].value_usd] == list(facts(metric).values())


def test_no_dollar_of_ai_capital_expenditure_is_called_published():
    ai = [event for event in EVENTS if event.to_account == "cango:capex:ai_inference"]
    assert ai and {event.is_illustrative for event in ai} == {"true"}
    # All that was drawn is spent by the end of 2025, so that no drawdown can seem to have built the site.
    assert balances(end_of("2025-12-31"))["cango:custody", "USDT"] == 0


# Lantern Orchard, the fictional company


def test_lantern_is_fictional_throughout():
    [company] = [row for row in SEEDS["companies"] if row.company_id == "lantern"]
    assert "(fictional)" in company.name and not company.ticker
    assert {event.is_illustrative for event in EVENTS if event.company_id == "lantern"} == {"true"}


def test_statements_agree_but_for_one_satoshi_of_lantern():
    differences = [
        (row.account_id, row.as_of, row.quantity - balances(row.as_of)[row.account_id, row.asset_id])
        for row in SAMPLE["balances"]
    ]
    satoshi = ("lantern:custody", end_of("2026-03-31"), D("0.00000001"))
    assert [difference for difference in differences if difference[2]] == [satoshi]


def test_lantern_s_loan_walks_through_one_margin_call_and_pays_its_interest_to_the_cent():
    [loan] = [loan for loan in SEEDS["loan_terms"] if loan.loan_id == "harbor"]
    moves = [event for event in EVENTS if "lantern:loan:harbor" in (event.from_account, event.to_account)]
    principal, due, after = D(), D(), {}
    for before, event in pairwise([moves[0], *moves]):
        days = date.fromisoformat(event.occurred_at[:10]) - date.fromisoformat(before.occurred_at[:10])
        due += principal * D(loan.annual_rate) * days.days / 360
        if event.event_type == "interest_payment":
            due -= event.to_quantity
            assert due == 0
        else:
            principal += event.to_quantity if event.event_type == "drawdown" else -event.to_quantity
        after[event.occurred_at] = principal
    assert principal == due == 0

    def ltv(day: str) -> str:
        owed = [principal for moment, principal in after.items() if moment <= end_of(day)][-1]
        worth = balances(end_of(day))["lantern:collateral:harbor", "BTC"] * PRICE["BTC", day]
        return f"{owed / worth:.4f}"

    days = ["2025-09-30", "2025-10-31", "2025-11-30", "2025-12-31", "2026-01-31", "2026-02-05", "2026-02-06"]
    # At 0.7327 the margin call of 0.70 is passed and the liquidation of 0.80 is not; 12 BTC cure it.
    assert list(map(ltv, days)) == ["0.5379", "0.5600", "0.6789", "0.5259", "0.5851", "0.7327", "0.5127"]


def test_lantern_names_its_lots_before_it_sells_them():
    picked = [event for event in EVENTS if event.lot_picks]
    assert len(picked) == 2
    for event in picked:
        lots = [pick.rsplit(":", 1) for pick in event.lot_picks.split(";")]
        assert event.identified_at < event.occurred_at
        assert sum(D(quantity) for _, quantity in lots) == event.from_quantity
        assert all(D(quantity) <= EVENT[lot].to_quantity for lot, quantity in lots)
