"""What a reader of the site sees: the figures of the published file, whatever page, width, theme or key."""

import csv
import io
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from playwright.sync_api import expect

from dagster_project.published.site.pages import PAGES

NAMES = [page.file.removesuffix(".html") for page in PAGES]
SALE = "gaap:treasury_csv:cango-sale-2026-02-08:out"


def one(published, query):
    [row] = published.execute(query).fetchall()
    return row[0] if len(row) == 1 else row


def millions(amount):
    return f"${(amount / 1_000_000).quantize(Decimal('0.1'), ROUND_HALF_UP):,}M"


def exact(text):
    """A shown figure as a decimal."""
    return Decimal(text.replace(",", "").replace("−", "-"))


def shown(page, table, column):
    """The cells of a table's column, by its label."""
    return page.locator(
        f'[data-table="{table}"] > table > tbody > tr:not(.detail) > [data-label="{column}"]'
    ).all_inner_texts()


def open_row(page):
    return page.locator('[data-table="disposals/disposals"] > table > tbody > tr.detail')


def saved(page, table):
    """The rows of a table's CSV file, as a spreadsheet would read them."""
    with page.expect_download() as download:
        page.locator(f'[data-table="{table}"] > .tools .csv').click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_from_disk_and_says_what_it_found(visit, published, name):
    page = visit(name)
    assert page.locator("h1").inner_text().strip()
    date = one(
        published, "select data_date::varchar from marts_meta.builds order by published_at desc limit 1"
    )
    expect(page.locator(".dates")).to_contain_text(f"Data up to {date}")
    expect(page.locator("#stale")).to_be_hidden()
    for figure in page.locator(".chart").all():
        expect(figure.locator("canvas").or_(figure.locator(".none")).first).to_be_visible()
    for table in page.locator("main > section > [data-table]").all():
        assert table.locator("tbody > tr").count() > 0


@pytest.mark.parametrize("name", NAMES)
def test_nothing_scrolls_sideways_on_a_phone(visit, page, name):
    page.set_viewport_size({"width": 380, "height": 800})
    visit(name)
    for button in page.locator("tbody .open").all()[:1]:
        button.click()
        page.wait_for_selector("tr.detail")
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    boxes = page.evaluate(
        "[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().right)"
    )
    assert max(boxes) <= 380


def test_the_overview_opens_with_the_largest_disposal(visit, published):
    quantity, proceeds, gain = one(
        published,
        "select quantity, net_proceeds_usd, realized_gain_usd from disposals where book = 'gaap' "
        "order by net_proceeds_usd desc limit 1",
    )
    sold = f"Cango Inc. sold {quantity.normalize():,f} BTC"
    title = f"{sold} for {millions(proceeds)} at a loss of {millions(-gain)}"
    page = visit("index")
    assert page.locator("h1").inner_text() == title
    assert page.title() == f"{title} · Coffer"
    assert title == "Cango Inc. sold 4,451 BTC for $305.0M at a loss of $141.5M"


def test_the_overview_says_where_each_company_stands(visit, published):
    page = visit("index")
    rows = published.execute(
        "select company_id, sum(realized_gain_usd), count(*) filter (realized_gain_usd is null) "
        "from disposals where book = 'gaap' group by company_id order by company_id"
    ).fetchall()
    gains = shown(page, "overview/standing", "Realized gain")
    assert [exact(gain) for gain in gains] == [gain for _, gain, _ in rows]
    assert [exact(n) for n in shown(page, "overview/standing", "Gains unknown")] == [n for *_, n in rows]
    owed = published.execute("select sum(principal_usd) from loans group by company_id order by company_id")
    principals = shown(page, "overview/standing", "Loan principal")
    assert [exact(principal) for principal in principals] == [principal for (principal,) in owed.fetchall()]


HEADLINES = {  # by page: what stands in its title, from SQL that is not the page's own
    "disposals": "select sum(realized_gain_usd) from disposals where book = 'gaap'",
    "loans": "select sum(principal_usd) from loans",
    "money": "select sum(amount_usd) from proceeds_uses where use_kind <> 'unspent'",
    "capex": "select sum(paid_usd) from capex_projects where project_kind = 'ai'",
    "fair_value": "select sum(closing_usd) from fair_value_monthly where book = 'gaap' and month = "
    "(select max(month) from fair_value_monthly)",
}


@pytest.mark.parametrize("name", HEADLINES)
def test_a_headline_is_what_sql_says_of_the_published_file(visit, published, name):
    amount = one(published, HEADLINES[name])
    assert millions(abs(amount)) in visit(name).locator("h1").inner_text()


def test_the_pages_of_quality_and_of_the_dictionary_count_what_there_is(visit, published):
    breaks = one(published, "select count(*) from reconciliation where status = 'break'")
    warnings = one(published, "select count(*) from marts_meta.warnings")
    page = visit("quality")
    assert page.locator("h1").inner_text().startswith(f"{breaks} statement disagrees")
    assert f"{warnings} checks warn" in page.locator("h1").inner_text()
    assert shown(page, "quality/breaks", "Difference quantity") == ["−0.00000001"]
    columns = one(published, "select count(*) from duckdb_columns() where schema_name = 'marts'")
    page = visit("dictionary")
    assert f"{columns} columns, each described" in page.locator("h1").inner_text()
    page.get_by_role("searchbox", name="Search Columns").fill("realized_gain_usd")
    assert "net_proceeds_usd − cost_usd; null when either is unknown." in page.inner_text("main")


def test_a_check_that_warns_shows_the_sql_that_it_asked(visit, published):
    name, query = published.execute(
        "select check_name, query from marts_meta.warnings order by failures desc limit 1"
    ).fetchone()
    assert "transfer" in query
    page = visit("quality", f"#checks.row={name}")
    expect(page.locator('[data-table="quality/checks"] .detail pre')).to_have_text(query)


def test_a_company_is_called_by_its_name_and_found_by_it(visit, published):
    names = published.execute("select company_name from reporting_companies order by company_id").fetchall()
    page = visit("index")
    companies = [cell.partition("†")[0] for cell in shown(page, "overview/standing", "Company")]
    assert companies == [name for (name,) in names]
    page = visit("quality")
    page.get_by_role("searchbox", name="Search Statements").fill("cango inc.")
    assert set(shown(page, "quality/statements", "Company")) == {"Cango Inc."}


def test_a_price_is_shown_to_the_cent_and_in_full_below(visit, published):
    loan, price = published.execute(
        "select loan_id, price_to_margin_call_usd from loans where price_to_margin_call_usd is not null"
    ).fetchone()
    page = visit("loans", f"#loans.row={loan}")
    assert f"{price:,.2f}" in shown(page, "loans/loans", "Price to margin call")
    assert price.as_tuple().exponent < -2
    expect(page.locator('[data-table="loans/loans"] .detail')).to_contain_text(f"{price.normalize():,f}")


def test_a_selection_changes_the_finding_the_totals_and_the_rows(visit, published):
    page = visit("disposals")
    page.select_option("#filter-company", "cango")
    page.select_option("#filter-period", "2026-Q1")
    count, proceeds, gain = one(
        published,
        "select count(*), sum(net_proceeds_usd), sum(realized_gain_usd) from disposals "
        "where company_id = 'cango' and disposed_on between '2026-01-01' and '2026-03-31'",
    )
    title = page.locator("h1").inner_text()
    assert millions(proceeds) in title
    assert f"a loss of {millions(-gain)}" in title
    assert [exact(total) for total in shown(page, "disposals/totals", "Realized gain")] == [gain]
    assert sum(map(exact, shown(page, "disposals/disposals", "Realized gain"))) == gain
    assert len(shown(page, "disposals/disposals", "Disposed on")) == count
    page.select_option("#filter-book", "tax")  # this company has no such book
    expect(page.locator("h1")).to_have_text("No disposals in this selection")
    page.get_by_role("button", name="Reset").click()
    assert "34 disposals" in page.locator(".lead").inner_text()


def test_what_is_unknown_stands_on_a_line_of_its_own(visit, published):
    page = visit("disposals", "#company=ferry&asset=BTC")
    unknown = one(
        published,
        "select count(*) from disposals "
        "where company_id = 'ferry' and asset_id = 'BTC' and realized_gain_usd is null",
    )
    assert unknown == 1
    assert shown(page, "disposals/totals", "Gain") == ["known", "not known"]
    assert shown(page, "disposals/totals", "Disposals")[1] == f"{unknown}"
    assert shown(page, "disposals/totals", "Realized gain")[1] == "not known"
    page = visit("money")
    row = page.locator('[data-table="money/links"] tbody tr', has_text="unattributed").first
    expect(row).to_contain_text("shortfall")
    expect(row).to_contain_text("222,000,000.00")


def test_a_roll_forward_closes_and_leaves_out_what_has_no_price(visit, published):
    page = visit("fair_value")
    lines, amounts = (shown(page, "fair_value/rolled", label) for label in ("Line", "Fair value"))
    assert lines[-1].startswith("without a price")
    assert amounts.pop() == "not known"
    *parts, closing = map(exact, amounts)
    assert sum(parts) == closing
    priced = (
        "select company_id, asset_id from fair_value_monthly where book = 'gaap' "
        "group by all having count(*) = count(closing_usd)"
    )
    assert closing == one(
        published,
        f"select sum(closing_usd) from fair_value_monthly join ({priced}) using (company_id, asset_id) "
        "where book = 'gaap' and month = (select max(month) from fair_value_monthly)",
    )
    assert "BNB of Ferry Street Labs (fictional)" in page.locator(".lead").inner_text()


def test_an_illustrative_row_says_so(visit, published):
    page = visit("disposals", "#company=cango")
    marked = page.locator('[data-table="disposals/disposals"] tbody .dagger')
    assert marked.count() == one(
        published, "select count(*) from disposals where company_id = 'cango' and is_illustrative"
    )
    assert marked.first.inner_text().split() == ["†", "illustrative"]
    expect(page.locator('[data-table="disposals/disposals"] .footnote')).to_contain_text("Do not quote it")


def test_a_link_opens_one_disposal_with_its_lots_which_add_up(visit, published):
    page = visit("disposals", f"#company=cango&disposals.row={SALE}")
    lots = page.locator(".lots")
    expect(lots.locator("tbody tr")).to_have_count(9)
    for label, column in (("Quantity", "quantity"), ("Cost", "cost_usd"), ("Proceeds", "proceeds_usd")):
        cells = shown(page, "disposals/lots", label)
        foot = lots.locator(f'tfoot [data-label="{label}"]').inner_text()
        told = one(published, f"select sum({column}) from disposal_lots where disposal_id = '{SALE}'")
        assert sum(map(exact, cells)) == exact(foot) == told
    assert shown(page, "disposals/lots", "Source file")[0] == "treasury_csv/events.csv"
    rows = published.execute(
        "select source_row from disposal_lots join lots using (lot_id) "
        "where disposal_id = ? order by match_no",
        [SALE],
    ).fetchall()
    assert shown(page, "disposals/lots", "Source row") == [f"{row}" for (row,) in rows]
    gain = one(published, f"select lifo_gain_usd from method_comparison where disposal_id = '{SALE}'")
    facts = open_row(page).locator(".facts")
    assert f"{gain:,}".replace("-", "−") in facts.inner_text()


def test_the_address_keeps_filters_search_order_and_the_open_row(visit, page):
    visit("disposals")
    page.get_by_role("searchbox", name="Search Disposals").fill("sale")
    page.select_option("#filter-company", "cango")
    page.get_by_role("button", name="Net proceeds", exact=True).last.click()
    page.get_by_role("button", name="2026-02-08").click()
    state = page.evaluate("location.hash")
    visit("loans")
    visit("disposals", state)
    assert page.locator("#filter-company").input_value() == "cango"
    assert page.get_by_role("searchbox", name="Search Disposals").input_value() == "sale"
    proceeds = [exact(text) for text in shown(page, "disposals/disposals", "Net proceeds")]
    assert proceeds == sorted(proceeds, reverse=True)
    expect(open_row(page)).to_have_count(1)
    page.get_by_role("link", name="Loans").click()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.locator("#filter-company").input_value() == "cango"


def test_a_csv_has_every_row_and_column_of_the_selection(visit, published):
    page = visit("disposals", "#book=tax")
    rows = saved(page, "disposals/disposals")
    for column in ("realized_gain_usd", "quantity", "cost_usd"):
        told = one(published, f"select count(*), sum({column}) from disposals where book = 'tax'")
        assert (len(rows), sum(Decimal(row[column]) for row in rows)) == told
    assert rows[0]["source_file"]
    page = visit("money")
    uses = saved(page, "money/uses")
    assert sum(Decimal(row["amount_usd"]) for row in uses) == one(
        published, "select sum(amount_usd) from proceeds_uses"
    )


def test_the_diagram_carries_as_much_in_as_out(visit, published):
    page = visit("money", "#company=cango")
    page.wait_for_selector(".canvas[data-drawn]")
    series = "coffer.chartAt(document.querySelector('[data-chart=sankey] .canvas')).getOption().series[0]"
    links = page.evaluate(
        f"{series}.links.map(({{ source, target, row }}) => [source, target, row.amount_usd])"
    )
    nodes = page.evaluate(f"{series}.data.map(({{ name }}) => name)")
    total = one(published, "select sum(amount_usd) from proceeds_uses where company_id = 'cango'")
    assert sum(Decimal(amount) for *_, amount in links) == total
    for kinds, side, place in (("inflow_kind", "in", 0), ("use_kind", "out", 1)):
        told = published.execute(
            f"select {kinds}, sum(amount_usd) from proceeds_uses where company_id = 'cango' group by all"
        ).fetchall()
        carried = {node: Decimal(0) for node in nodes if node.startswith(f"{side}:")}
        for link in links:
            carried[link[place]] += Decimal(link[2])
        assert carried == {f"{side}:{kind}": amount for kind, amount in told}
    bases = shown(page, "money/links", "Basis")
    assert len(bases) == len(links)
    assert all(bases)


def test_loan_to_value_is_drawn_with_the_lines_of_its_terms(visit, published):
    page = visit("loans", "#loan=ferry_nexo")
    page.wait_for_selector(".canvas[data-drawn]")
    series = "coffer.chartAt(document.querySelector('[data-chart=ltv] .canvas')).getOption().series[0]"
    lines = page.evaluate(f"{series}.markLine.data.filter((line) => line.yAxis !== undefined)")
    call, liquidation = one(
        published,
        "select margin_call_ltv_ratio, liquidation_ltv_ratio from loans where loan_id = 'ferry_nexo'",
    )
    assert [Decimal(str(line["yAxis"])) for line in lines] == [call.normalize(), liquidation.normalize()]
    assert lines[0]["name"] == "margin call 71.4 %"
    drawn = {day: Decimal(str(ratio)) for day, ratio in page.evaluate(f"{series}.data")}
    told = dict(
        published.execute(
            "select date::varchar, ltv_ratio from loans_daily where loan_id = 'ferry_nexo'"
        ).fetchall()
    )
    assert drawn.items() <= told.items()
    assert {min(told), max(told)} <= drawn.keys()
    page.select_option("#loan", "lighthouse")  # without collateral
    expect(page.get_by_text("This loan has no collateral")).to_be_visible()


def test_a_column_sorts_by_its_exact_values(visit, page):
    visit("disposals")
    header = page.locator('[data-table="disposals/disposals"] thead th', has_text="Realized gain")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    header.get_by_role("button").click()
    gains = [
        exact(text) for text in shown(page, "disposals/disposals", "Realized gain") if text != "not known"
    ]
    assert gains == sorted(gains)
    assert gains[0] == Decimal("-141487967.34")


def test_the_keyboard_reaches_everything(visit, page):
    visit("disposals")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    while "open" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className || document.activeElement.id"))
        assert len(reached) < 100
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached
    assert [name for name in reached if name.startswith("filter-")] == [
        "filter-company",
        "filter-book",
        "filter-asset",
        "filter-period",
        "filter-reset",
    ]
    page.keyboard.press("Enter")
    assert page.locator("tr.detail").count() == 1
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Enter")
    assert page.locator("tr.detail").count() == 0


def test_a_reader_may_choose_the_dark(visit, page):
    page.emulate_media(color_scheme="dark")
    visit("index")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Change between light and dark").click()
    light = page.evaluate(background)
    assert sum(map(int, dark[4:-1].split(","))) < 150
    assert sum(map(int, light[4:-1].split(","))) > 600
    visit("loans")
    assert page.evaluate(background) == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit, page, scheme):
    """WCAG AA: 4.5 to 1 for every text colour on the page's ground."""
    page.emulate_media(color_scheme=scheme)
    visit("index")
    colors = page.evaluate(
        """() => ["paper", "ink", "faint", "bad", "good", "second", "link"].map((name) => {
            const probe = document.createElement("i");
            document.body.append(probe);
            probe.style.color = `var(--${name})`;
            return getComputedStyle(probe).color.match(/[0-9]+/g).map(Number);
        })"""
    )

    def luminance(color):
        parts = [part / 255 for part in color]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ground = luminance(colors[0])
    for color in map(luminance, colors[1:]):
        assert (max(color, ground) + 0.05) / (min(color, ground) + 0.05) >= 4.5


def test_paper_gets_all_rows_and_no_controls(visit, page, published):
    visit("disposals")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("header nav")).to_be_hidden()
    expect(page.locator(".pager").first).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    count = one(published, "select count(*) from disposals where book = 'gaap'")
    assert len(shown(page, "disposals/disposals", "Disposed on")) == count > 15
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    visit("dictionary")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    columns = one(published, "select count(*) from duckdb_columns() where schema_name = 'marts'")
    count = page.locator('[data-table="dictionary/columns"] .count')
    expect(count).to_have_text(f"{columns} rows, the first 500 on paper")


@pytest.mark.parametrize("hours", [25, 27])
def test_an_old_build_says_how_old_it_is(visit, page, site, built_at, hours):
    visit("index")
    page.clock.set_fixed_time(built_at + timedelta(hours=hours, minutes=1))
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    banner = page.locator("#stale")
    assert banner.is_visible() == (hours > 26)
    assert "27 hours old" in banner.inner_text() or hours < 26


def test_the_sample_is_red_because_a_statement_disagrees(visit):
    page = visit("index")
    expect(page.locator(".masthead .status")).to_have_class("status bad")
    assert page.locator(".masthead .status").inner_text() == "Needs a look"
    page.locator(".masthead .status").click()
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator('[data-table="quality/breaks"] .open').first.click()
    facts = page.locator("tr.detail .facts").inner_text()
    assert "custodian statement 2026-03-31" in facts
    assert "Owner\ncontroller" in facts
    assert "from reconciliation where company_id = 'lantern'" in page.locator("tr.detail pre").inner_text()


def test_the_sql_behind_a_break_finds_it(visit, published):
    page = visit("quality")
    [row] = saved(page, "quality/breaks")
    [found] = published.execute(f"select difference_quantity from ({row['sql']})").fetchall()
    assert found[0] == Decimal(row["difference_quantity"])
