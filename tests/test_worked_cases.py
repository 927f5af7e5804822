"""Worked cases of reference/worked_cases.csv that the marts answer, each a test named after its case.

The lot cases stand in tests/lots. Units that a filing does not publish are chosen so that its amounts follow.
"""

import csv
from datetime import date
from decimal import Decimal

import pytest

from dagster_project.settings import ROOT
from dagster_project.storage.database import connect

CASES = {row["case"]: row for row in csv.DictReader((ROOT / "tests/reference/worked_cases.csv").open())}


class Company:
    """Collects the events, prices and seeds of one case."""

    def __init__(self, name: str, year_end: str = "12-31") -> None:
        self.name, self.events, self.prices = name, [], []
        self.seeds = {
            "companies": [f"{name},{name},,{year_end},UTC,"],
            "accounts": [
                f"{name}:{kind},{name},{kind},,,,"
                for kind in ("custody", "cash", "equity", "income", "expense", "suspense")
            ],
            "lot_policies": [f"{name},gaap,*,fifo,company,2009-01-03,,"],
        }

    def loan(self, ltv: str, asset: str = "BTC", interest: str = ",,", more: str = "") -> "Company":
        """Loan-to-value: initial, margin call, cure and liquidation. Interest: maturity, rate, day count.

        More: compounding, interest mode, payment order, upfront and termination fee, cure hours, extension.
        """
        name = self.name
        self.seeds["loan_terms"] = [
            f"{name},{name},lender,USDT,{asset},2024-01-01,{interest},{ltv},false,false,,,{more}"
        ]
        if asset != "BTC":
            self.seeds["assets"] = [f"{asset},{name},8,crypto,,"]
        self.seeds["accounts"] += [
            f"{name}:{kind},{name},{kind},,{name},," for kind in ("loan", "collateral")
        ]
        return self

    def event(self, day: str, sent: str, received: str, value: str = "", kind: str = "transfer") -> "Company":
        """`sent` and `received` are `account asset quantity`; `value` is in US dollars."""
        sides = {}
        for side, text in (("from", sent), ("to", received)):
            account, asset, quantity = text.split()
            sides |= {
                f"{side}_account": f"{self.name}:{account}",
                f"{side}_asset": asset,
                f"{side}_quantity": quantity,
            }
        when = day if "T" in day else f"{day}T12:00:00Z"
        identity = {
            "event_id": f"{self.name}-{len(self.events)}",
            "company_id": self.name,
            "occurred_at": when,
        }
        self.events.append(
            identity | sides | {"event_type": kind, "value_usd": value, "group_id": f"{self.name}-{when}"}
        )
        return self

    def drawn(self, day: str, amount: str, pledged: str, asset: str = "BTC") -> "Company":
        """Pledge so many coins, and draw."""
        return (
            self.event(f"{day}T10:00:00Z", f"equity {asset} {pledged}", f"custody {asset} {pledged}", "1")
            .event(
                f"{day}T11:00:00Z",
                f"custody {asset} {pledged}",
                f"collateral {asset} {pledged}",
                kind="pledge",
            )
            .event(day, f"loan USDT {amount}", f"custody USDT {amount}", amount, "drawdown")
        )

    def price(self, day: str, price: str, asset: str = "BTC") -> "Company":
        moment = f"{day}T{len(self.name) % 12:02}:00:00Z"
        self.prices.append({"asset_id": asset, "quote_asset": "USD", "priced_at": moment, "price": price})
        return self


def _clsk(name: str, opening: str, additions: str, units: str, proceeds: str) -> Company:
    """CleanSpark: carried at 431,661k when its year opened on October 1, at 1,000 a unit; cost 377,839k."""
    asset = f"custody {name.upper()}"
    company = Company(name, "09-30")
    company.seeds["assets"] = [f"{name.upper()},{name},8,other,,"]
    return (
        company.event("2024-09-01", f"equity {name.upper()} {opening}", f"{asset} {opening}", "377839000")
        .price("2024-09-30", "1000", name.upper())
        .event("2024-10-15", f"income {name.upper()} 1000", f"{asset} 1000", additions)
        .event("2024-12-01", f"{asset} {units}", f"cash USD {proceeds}", kind="sale")
    )


def _carried(name: str, day: str, units: str, cost: str) -> Company:
    """A company whose only asset, named after it, opens at a cost."""
    asset = name.upper()
    company = Company(name)
    company.seeds["assets"] = [f"{asset},{name},8,other,,"]
    return company.event(day, f"equity {asset} {units}", f"custody {asset} {units}", cost, "opening_balance")


def _floating(company: Company) -> Company:
    """Riot: the greater of the federal funds upper limit and 3.25 %, plus 4.50 %."""
    company.seeds["loan_rates"] = [f"{company.name},2025-04-24,,fed_funds_upper,0.0325,0.045,"]
    company.seeds["reference_rates"] = [
        "fed_funds_upper,2024-12-19,0.045,",
        "fed_funds_upper,2025-09-18,0.03,",
    ]
    return company


HOUSE = (
    _clsk("clsk_realized_9m", "431661", "796273000", "280309", "507370000"),
    _clsk("clsk_realized_q1", "431661", "291486000", "5569", "12273000"),
    # One unit is one dollar of fair value at either end of the period.
    _carried("kulr_identity", "2024-12-31", "20281184", "21000000")
    .price("2024-12-31", "1", "KULR_IDENTITY")
    .event(
        "2025-06-30",
        "equity KULR_IDENTITY 100242077",
        "custody KULR_IDENTITY 100242077",
        "85785454",
    )
    .price("2025-09-30", "1", "KULR_IDENTITY"),
    # A unit cost a thousand dollars.
    _carried("riot_fy2023_realized", "2022-12-31", "109420", "109420000")
    .event(
        "2023-03-31",
        "custody RIOT_FY2023_REALIZED 878",
        "suspense RIOT_FY2023_REALIZED 878",
        "878000",
    )
    .event("2023-06-30", "custody RIOT_FY2023_REALIZED 97610", "cash USD 177088000", kind="sale")
    .event("2023-09-30", "income RIOT_FY2023_REALIZED 1", "custody RIOT_FY2023_REALIZED 1", "188996000"),
    _carried("mstr_tax_loss", "2022-10-31", "130000", "3980000000")
    .event("2022-12-21", "cash USD 42800000", "custody MSTR_TAX_LOSS 2395", kind="purchase")
    .event("2022-12-22", "custody MSTR_TAX_LOSS 704", "cash USD 11800000", kind="sale")
    .event("2022-12-24", "cash USD 13600000", "custody MSTR_TAX_LOSS 810", kind="purchase"),
    Company("naka_ladder")
    .loan("0.60,0.70,0.60,0.80")
    .event("2025-11-14T10:00:00Z", "equity BTC 3564.49", "custody BTC 3564.49", "1")
    .event("2025-11-14", "custody BTC 3564.49", "collateral BTC 3564.49", kind="pledge")
    .event("2025-11-14", "loan USDT 206000000", "custody USDT 206000000", "206000000", "drawdown"),
    Company("kulr_after_paydown")
    .loan("0.64,,,")
    .event("2025-07-08T10:00:00Z", "equity BTC 300", "custody BTC 300", "1")
    .event("2025-07-08T11:00:00Z", "custody BTC 232", "collateral BTC 232", kind="pledge")
    .event("2025-07-08", "loan USDT 8000000", "custody USDT 8000000", "8000000", "drawdown")
    .event("2025-07-09", "custody USDT 6700000", "custody BTC 61.4", "6700000", "purchase")
    .event("2025-09-01", "equity USD 4300000", "cash USD 4300000", kind="equity_raise")
    .event("2025-09-30", "cash USD 4200000", "loan USDT 4200000", "4200000", "loan_repayment")
    .event("2025-09-30", "collateral BTC 162", "custody BTC 162", kind="release"),
    Company("clsk_ltv")
    .loan("0.64,,,", "CLSKA")
    .price("2025-06-30", "1000", "CLSKA")
    # its receivable for collateral is 271,491k
    .drawn("2025-06-30", "174500000", "271491", "CLSKA"),
    Company("clsk_units")
    .loan("0.64,,,", "CLSKB")
    .price("2025-06-30", "107173", "CLSKB")
    .drawn("2025-06-30", "174500000", "2533", "CLSKB"),
    Company("kulr_coverage").loan("0.60,0.64,0.60,0.80").drawn("2025-09-30", "8000000", "232"),
    Company("bitfufu_like_B")
    .loan("0.60,0.75,0.60,0.90", "BFU", ",0.07,act/365")
    .price("2025-01-01", "100", "BFU")
    .price("2025-01-02", "80", "BFU")
    .price("2025-01-03", "70", "BFU")
    .price("2025-01-04", "66", "BFU")
    .price("2025-01-05", "100", "BFU")
    .drawn("2025-01-01", "6000000", "100000", "BFU"),
    _floating(Company("riot_rate").loan(",,,", interest="2026-04-23,,act/360", more=",,,0.01")).drawn(
        "2025-04-24", "100000000", "2500"
    ),
    Company("btbt_cross_asset_usdc")
    .event("2025-01-02", "equity BTC 40", "custody BTC 40", "1")
    .event("2025-01-03", "custody BTC 30", "custody USDC 2321750", "2321750", "sale"),
    # Each side by itself, as the filing states them: the other side of neither is named.
    Company("btbt_cross_asset_eth")
    .event("2025-01-02", "equity BTC 400", "custody BTC 400", "1")
    .event("2025-01-03", "custody BTC 400", "suspense BTC 400", "34582781", "swap")
    .event("2025-01-03", "suspense ETH 25000", "custody ETH 25000", "104252985", "swap"),
    Company("cango_debt_q1")
    .loan(",,,")
    .event("2025-12-31", "loan USDT 557600000", "custody USDT 557600000", "", "drawdown")
    .event("2025-12-31T13:00:00Z", "custody USDT 557600000", "expense USDT 557600000")
    .event("2026-02-01", "income BTC 4451", "custody BTC 4451", "1", "mining_reward")
    .event("2026-02-08", "custody BTC 4451", "custody USDT 305000000", "305000000", "sale")
    .event("2026-02-08T13:00:00Z", "custody USDT 305000000", "loan USDT 305000000", "", "loan_repayment")
    .event("2026-03-31", "suspense USDT 222000000", "loan USDT 222000000", "", "loan_repayment"),
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory, new_house):
    seeds: dict[str, list[str]] = {}
    for company in HOUSE:
        for seed, rows in company.seeds.items():
            seeds[seed] = seeds.get(seed, []) + rows
    # 70 BTC = 7,983,990 on KULR's balance sheet
    prices = [
        {"asset_id": "BTC", "quote_asset": "USD", "priced_at": "2025-09-30T00:00:00Z", "price": "114057"}
    ]
    settings = new_house(
        tmp_path_factory.mktemp("cases"),
        events=[event for company in HOUSE for event in company.events],
        prices=prices + [price for company in HOUSE for price in company.prices],
        **seeds,
    )
    with connect(settings.warehouse, read_only=True) as connection:
        assert connection.execute("select message from marts.rejected_rows").fetchall() == []
        yield lambda query: connection.execute(query).fetchall()


def _says(case: str, *words: str) -> None:
    """The reference says so: a changed reference must not leave its test behind."""
    assert all(word in f"{CASES[case]['inputs']} {CASES[case]['expected']}" for word in words), CASES[case]


@pytest.mark.parametrize(
    ("case", "gain", "reported"),
    [("clsk_realized_9m", "227061000", "227,061k"), ("clsk_realized_q1", "6704000", "6,704k")],
)
def test_clsk_realized(ask, case, gain, reported):
    """The gain that CleanSpark reports rests on the carrying amount when its fiscal year opened."""
    _says(case, reported)
    [(since_open, from_cost)] = ask(
        "select sum(gain_since_period_open_usd), sum(realized_gain_usd) from marts.disposals "
        f"where company_id = '{case}'"
    )
    assert since_open == Decimal(gain)
    assert from_cost > since_open  # its coins had risen before the year opened


def test_kulr_identity(ask):
    """The change of fair value is that of what is unrealized, plus what was realized."""
    _says("kulr_identity", "14,456,623", "13,737,807", "-718,816")
    [(change, closing, opening)] = ask(
        "select sum(gains_usd - losses_usd) filter (month >= '2025-01-01'), "
        "max(closing_usd - cost_usd) filter (month = '2025-09-01'), "
        "max(closing_usd - cost_usd) filter (month = '2024-12-01') "
        "from marts.fair_value_monthly where company_id = 'kulr_identity' and month <= '2025-09-01'"
    )
    assert (change, closing, opening) == (14456623, 13737807, -718816)
    assert change == closing - opening


def test_riot_fy2023_realized(ask):
    """By cost Riot gained 79,478k; it reports 80,174k on sales, and the note does not say why."""
    _says("riot_fy2023_realized", "79,478k", "80,174k")
    [(gain, left)] = ask(
        "select (select sum(realized_gain_usd) from marts.disposals where company_id = company), "
        "(select sum(cost_left_usd) from marts.lots where company_id = company) "
        "from (values ('riot_fy2023_realized')) as t (company)"
    )
    assert gain == 79478000
    assert left == 199928000
    assert abs(gain - 80174000) / 80174000 < Decimal("0.009")


def test_mstr_tax_loss(ask):
    """Sold at a loss and bought again two days later: no wash-sale rule moves the loss into the new lot."""
    _says("mstr_tax_loss", "net +2,501")
    lots = ask(
        "select acquired_at::date::varchar, quantity, quantity_left, cost_usd from marts.lots "
        "where company_id = 'mstr_tax_loss' order by acquired_at"
    )
    assert sum(left for _, _, left, _ in lots) == 130000 + 2501
    assert lots[-1] == ("2022-12-24", 810, 810, 13600000)


def test_naka_ladder(ask):
    """Initial 60 %, call at 70 %, default at 80 % of 206M on 3,564.49 BTC.

    The reference prints 82,560.6 and 72,240.5, which is 3 millionths more than its own formula
    206e6 / (ltv × 3,564.49) gives; ours are the formula's.
    """
    _says("naka_ladder", "82560.6", "72240.5")
    [(call, liquidation)] = ask(
        "select price_to_margin_call_usd, price_to_liquidation_usd from marts.loans "
        "where loan_id = 'naka_ladder'"
    )
    assert (round(call, 2), round(liquidation, 2)) == (Decimal("82560.40"), Decimal("72240.35"))
    assert abs(call - Decimal("82560.6")) < Decimal("0.3")
    assert abs(liquidation - Decimal("72240.5")) < Decimal("0.3")


def test_naka_min_collateral(ask):
    """Below 70 % the collateral must be worth more than 294,285,714."""
    _says("naka_min_collateral", "294,285,714")
    [(value,)] = ask(
        "select collateral_quantity * price_to_margin_call_usd::decimal(18, 8) from marts.loans "
        "where loan_id = 'naka_ladder'"
    )
    assert int(value) == 294285714


def test_clsk_ltv(ask):
    """174,500k drawn against 271,491k: above the limit of 64 % at drawdown."""
    _says("clsk_ltv", "64.27%", "64%")
    [(ltv, limit)] = ask(
        "select d.ltv_ratio, l.initial_ltv_ratio from marts.loans_daily d join marts.loans l using (loan_id) "
        "where loan_id = 'clsk_ltv' and date = '2025-06-30'"
    )
    assert round(ltv, 4) == Decimal("0.6427")
    assert ltv > limit


def test_clsk_units(ask):
    """2,533 BTC are a rounded figure: half a bitcoin is worth more than what is missing."""
    _says("clsk_units", "271,469k", "271,491k")
    [(value, price)] = ask(
        "select collateral_value_usd, collateral_price_usd from marts.loans_daily "
        "where loan_id = 'clsk_units' and date = '2025-06-30'"
    )
    assert value // 1000 == 271469
    assert abs(value - 271491000) <= price / 2


def test_kulr_coverage(ask):
    """156.25 % of the principal is 64 % loan-to-value."""
    _says("kulr_coverage", "156.25%", "64.0%")
    [(price, quantity, principal)] = ask(
        "select price_to_margin_call_usd, collateral_quantity, principal_usd from marts.loans "
        "where loan_id = 'kulr_coverage'"
    )
    assert round(price * quantity / principal, 6) == Decimal("1.5625")


def test_bitfufu_like_b(ask):
    """60 % at first, additional collateral from 75 %, liquidation from 90 %; 7 % a year on 6,000,000."""
    _says("bitfufu_like_B", "60%", "75%", "90%", "7%")
    rows = ask(
        "select ltv_ratio, loan_state, state_rule, interest_usd from marts.loans_daily "
        "where loan_id = 'bitfufu_like_B' order by date limit 5"
    )
    assert [(round(ltv, 2), state) for ltv, state, *_ in rows] == [
        (Decimal("0.60"), "current"),
        (Decimal("0.75"), "margin_call"),
        (Decimal("0.86"), "margin_call"),
        (Decimal("0.91"), "default"),
        (Decimal("0.60"), "current"),  # at the cure, not only below the call
    ]
    assert rows[0][3] == Decimal("1150.68")


def test_riot_rate(ask):
    """The upper limit 4.50 gives 9.00 %; 3.00 lies below the floor: 7.75 %. And 1 % is due upfront."""
    _says("riot_rate", "9.00%", "7.75%", "3.25%")
    assert ask(
        "select min(date), annual_rate, any_value(interest_usd), any_value(fee_due_usd) "
        "from marts.loans_daily where loan_id = 'riot_rate' group by annual_rate order by 1"
    ) == [
        (date(2025, 4, 24), Decimal("0.09"), Decimal("25000.00"), Decimal("1000000.00")),
        (date(2025, 9, 18), Decimal("0.0775"), Decimal("21527.78"), Decimal("1000000.00")),
    ]
    assert ask(
        "select occurred_at::date, annual_rate from marts.loan_events "
        "where loan_id = 'riot_rate' and loan_event_kind = 'rate_change'"
    ) == [(date(2025, 9, 18), Decimal("0.0775"))]


def test_kulr_after_paydown(ask):
    _says("kulr_after_paydown", "3.8M", "47.6%", "162 BTC")
    rows = ask(
        "select principal_after_usd, ltv_after_ratio, collateral_released_quantity "
        "from marts.loan_repayments where company_id = 'kulr_after_paydown'"
    )
    assert [(after, round(ltv, 3), released) for after, ltv, released in rows] == [
        (Decimal(3800000), Decimal("0.476"), Decimal(162))
    ]


def test_kulr_use_of_proceeds(ask):
    """8.0M drawn: 6.7M bought bitcoin, 1.3M has no known use."""
    _says("kulr_use_of_proceeds", "6.7M", "1.3M")
    assert ask(
        "select use_kind, sum(amount_usd) from marts.proceeds_uses "
        "where company_id = 'kulr_after_paydown' and inflow_kind = 'loan_drawdown' group by 1 order by 1"
    ) == [("crypto_purchase", Decimal(6700000)), ("unspent", Decimal(1300000))]


def test_btbt_cross_asset_usdc(ask):
    """What was sold for USDC and what USDC came in are one figure."""
    _says("btbt_cross_asset_usdc", "2,321,750")
    [(proceeds, received)] = ask(
        "select d.net_proceeds_usd, u.amount_usd from marts.disposals d join marts.proceeds_uses u "
        "on u.inflow_id = d.event_id where d.company_id = 'btbt_cross_asset_usdc'"
    )
    assert proceeds == received == Decimal("2321750.00")


# Cango, from the published marts of the sample


def test_cango_production(published):
    """14 months of mining are all that it held at the end of 2025."""
    _says("cango_production", "7,528.3", "6,594.5")
    [(mined, in_2025, closing)] = published.execute(
        "select sum(additions_quantity), sum(additions_quantity) filter (where month >= '2025-01-01'), "
        "arg_max(closing_quantity, month) from fair_value_monthly "
        "where company_id = 'cango' and book = 'gaap' and asset_id = 'BTC' and month < '2026-01-01'"
    ).fetchall()
    assert mined == closing == Decimal("7528.3")
    assert in_2025 == Decimal("6594.5")


def test_cango_rollforward_q1_2026(published):
    """Nobody announced 165.05 and 602.53 of what left in February and March."""
    _says("cango_rollforward_q1_2026", "7,474.62 / 3,313.4 / 1,025.69", "165.05 (Feb)", "602.53 (Mar)")
    rows = published.execute(
        "select opening_quantity, additions_quantity, disposals_quantity, closing_quantity "
        "from fair_value_monthly where company_id = 'cango' and book = 'gaap' and asset_id = 'BTC' "
        "and month between '2026-01-01' and '2026-03-01' order by month"
    ).fetchall()
    announced = [Decimal("550.03"), Decimal(4451), Decimal(2000)]
    assert [row[0] for row in rows] == [Decimal("7528.3"), Decimal("7474.62"), Decimal("3313.40")]
    assert [row[1] for row in rows] == [Decimal("496.35"), Decimal("454.83"), Decimal("314.82")]
    assert [row[2] - known for row, known in zip(rows, announced, strict=True)] == [
        *(0, Decimal("165.05"), Decimal("602.53"))
    ]
    assert [row[3] for row in rows] == [Decimal("7474.62"), Decimal("3313.40"), Decimal("1025.69")]


def test_cango_sale_price(published):
    """The published average price is rounded to the dollar: 324 of 305M."""
    _says("cango_sale_price", "4,451 BTC x 68,524", "305,000,324")
    [(quantity, price, proceeds)] = published.execute(
        "select quantity, price_usd, gross_proceeds_usd from disposals "
        "where disposal_id = 'gaap:treasury_csv:cango-sale-2026-02-08:out'"
    ).fetchall()
    assert quantity * round(price) == 305000324
    assert proceeds == 305000000


def test_cango_equity(published):
    """29,975,137 and 19,267,287 shares at 1.32 are the two raises, which were published in whole dollars."""
    _says("cango_equity", "29,975,137 + 19,267,287", "39,567,180.84 + 25,432,818.84 = 65.0M")
    raised = dict(
        published.execute(
            "select inflow_id, sum(amount_usd) from proceeds_uses "
            "where company_id = 'cango' and inflow_kind = 'equity_raise' group by 1"
        ).fetchall()
    )
    fortune_peak = raised["treasury_csv:cango-equity-fortune-peak"]
    armada_network = raised["treasury_csv:cango-equity-armada-network"]
    assert sorted((fortune_peak, armada_network)) == [
        round(shares * Decimal("1.32")) for shares in (19267287, 29975137)
    ]
    assert fortune_peak + armada_network == 65000000


def test_btbt_cross_asset_eth(ask):
    """Bitcoin given for ether at one value, ether received for bitcoin at another: a break, no gain."""
    _says("btbt_cross_asset_eth", "34,582,781", "104,252,985", "69,670,204")
    assert ask(
        "select given_usd, received_usd, difference_usd from audit.swaps_have_two_sides_of_one_value"
    ) == [(34582781, 104252985, 69670204)]


def test_cango_debt_q1(ask):
    """557.6M less 305.0M from the sale is not the 30.6M that is left: 222.0M came from nobody knows where."""
    _says("cango_debt_q1", "557.6M -> 30.6M", "305.0M", "222.0M")
    assert ask(
        "select inflow_kind, sum(amount_usd) from marts.lineage_of_funds "
        "where company_id = 'cango_debt_q1' and use_kind = 'loan_repayment' group by all order by 1"
    ) == [("disposal", 305000000), ("unattributed", 222000000)]
    assert ask(
        "select kind, unattributed_usd from marts.sources_and_uses "
        "where company_id = 'cango_debt_q1' and unattributed_usd > 0 order by side, kind"
    ) == [("unattributed", 222000000), ("loan_repayment", 222000000)]
    assert ask("select principal_usd from marts.loans where loan_id = 'cango_debt_q1'") == [(30600000,)]
