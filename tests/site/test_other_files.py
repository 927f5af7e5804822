"""Sites of other files than the sample's: empty, hostile, without fault, with figures beyond a double."""

import random
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from dagster_project.published.site.pages import PAGES

NAMES = [page.file.removesuffix(".html") for page in PAGES]
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
WIDE = Decimal("12345678901234567890.123456789012345678")


@pytest.fixture(scope="module")
def empty(altered, published):
    marts = published.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
    return altered("".join(f"delete from marts.{mart};" for (mart,) in marts))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_without_any_row_says_so(visit, empty, name):
    page = visit(name, site=empty)
    assert page.locator("h1").inner_text()
    if name not in ("quality", "dictionary"):  # which speak of checks and of columns
        assert page.locator("tbody .open").count() == 0
        assert page.locator("td.nothing").count() > 0


@pytest.fixture(scope="module")
def hostile(altered):
    sale = "disposal_id = 'gaap:treasury_csv:cango-sale-2026-02-08:out'"
    return altered(
        f"""
        update marts.disposals
        set account_id = '{HOSTILE}', method = '{HOSTILE}', quantity = {WIDE},
            source_url = 'javascript:alert(3)', cash_flow_class = '@now',
            group_id = '=HYPERLINK("http://example.com")'
        where {sale};
        update marts.disposal_lots set basis = '{HOSTILE}', lot_id = '+1' where {sale};
        update marts.loans set lender = '{HOSTILE}';
        update marts.capex_projects set project_name = '{HOSTILE}' || project_id;
        update marts.proceeds_uses set use_kind = '{HOSTILE}' where use_kind = 'capex';
        update marts.reconciliation set statement = '{HOSTILE}''', account_id = '{HOSTILE}';
        update marts_meta.warnings set check_name = '{HOSTILE}' where failures = 16;
        insert into marts.rejected_rows (source_file, reason, message, raw_row)
            values ('-2+3|cmd', 'x', chr(9) || '{HOSTILE}', '{HOSTILE}' || chr(8232) || chr(128512));
        """
    )


@pytest.mark.parametrize("name", NAMES)
def test_text_from_files_is_shown_and_never_run(visit, hostile, name):
    page = visit(name, "#company=cango", site=hostile)
    page.on("dialog", lambda _: pytest.fail("a script of the data ran"))
    for button in page.locator("tbody .open").all()[:3]:
        button.click()
    assert page.locator("img, main script, iframe").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    if name in ("disposals", "loans", "capex", "quality"):
        assert HOSTILE in page.locator("main").inner_text()


def test_a_csv_never_runs_in_a_spreadsheet_and_leaves_numbers_alone(visit, hostile):
    page = visit("disposals", "#company=cango", site=hostile)
    csv = page.evaluate("coffer.tables.find(({ name }) => name === 'disposals').csv()")
    assert '"\'=HYPERLINK(""http://example.com"")"' in csv
    assert ",'@now," in csv
    assert ",-141487967.34," in csv
    page = visit("quality", site=hostile)
    csv = page.evaluate("coffer.tables.find(({ name }) => name === 'rejected').csv()")
    assert "'-2+3|cmd" in csv
    assert "'\t<img" in csv


def test_a_figure_that_no_double_holds_is_shown_whole(visit, hostile):
    page = visit("disposals", "#company=cango", site=hostile)
    expect(page.get_by_text(f"{WIDE:,f}", exact=True)).to_be_visible()


def test_figures_are_written_and_compared_digit_by_digit(visit, page):
    visit("index")
    chance = random.Random(7)
    numbers = [
        Decimal(chance.choice([-1, 1]) * chance.randrange(10 ** chance.choice([1, 4, 19, 38])))
        / 10 ** chance.choice([0, 2, 6, 18])
        for _ in range(400)
    ]
    numbers += [Decimal(f"{sign}98765432109876543210.{digit}") for sign in ("", "-") for digit in (3, 1, 2)]
    texts = [f"{number:f}" for number in numbers]
    grouped = page.evaluate("(texts) => texts.map(coffer.group)", texts)
    assert grouped == [f"{number:,f}".replace("-", "−") for number in numbers]
    percent = page.evaluate("(texts) => texts.map(coffer.percent)", texts)
    assert [Decimal(text[:-2].replace(",", "").replace("−", "-")) for text in percent] == [
        number.scaleb(2) for number in numbers
    ]
    order = page.evaluate("(texts) => [...texts].sort(coffer.comparer('money'))", texts)
    assert [Decimal(text) for text in order] == sorted(numbers)


def test_a_file_without_faults_is_green(visit, altered):
    good = altered(
        "delete from marts.reconciliation where status = 'break'; delete from marts_meta.warnings;"
        "update marts_meta.builds set checks_warned = 0"
    )
    page = visit("index", site=good)
    expect(page.locator(".masthead .status")).to_have_class("status good")
    assert page.locator(".masthead .status").inner_text() == "All checks passed"
    assert visit("quality", site=good).locator("h1").inner_text().startswith("Every check passed")


def test_a_book_without_gaap_has_its_own_default(visit, altered):
    tax = altered(
        "delete from marts.disposals where book = 'gaap'; delete from marts.lots where book = 'gaap'"
    )
    page = visit("disposals", site=tax)
    assert page.locator("#filter-book").input_value() == "tax"
    assert "disposals" in page.locator("h1").inner_text()


def test_what_is_more_than_a_browser_should_hold_is_said_to_be_more(visit, altered):
    refused = altered("insert into marts.rejected_rows (reason) select 'duplicate' from range(100_001)")
    page = visit("quality", site=refused)
    count = page.locator('[data-table="quality/rejected"] .count')
    expect(count).to_have_text("100,000 rows, the first of more: coffer.duckdb has all")
    assert "100,001 rows were refused" in page.locator("h1").inner_text()


def test_beyond_one_file_of_rows_the_rest_is_loaded_and_found(visit, altered):
    many = altered(
        """
        insert into marts.disposals by name
        select disposals.* replace (
            disposal_id || i as disposal_id, disposed_at - to_seconds(i::int) as disposed_at
        )
        from marts.disposals, range(6000) as r (i)
        where disposal_id = 'gaap:treasury_csv:cango-sale-2026-01:out';
        insert into marts.disposal_lots by name
        select disposal_lots.* replace (disposal_id || i as disposal_id)
        from marts.disposal_lots, range(6000) as r (i)
        where disposal_id = 'gaap:treasury_csv:cango-sale-2026-01:out';
        """
    )
    last = "gaap:treasury_csv:cango-sale-2026-01:out5999"
    page = visit("disposals", f"#disposals.search={last}&disposals.row={last}", site=many)
    expect(page.locator('[data-table="disposals/disposals"] > .tools .count')).to_have_text("1 of 6,034 rows")
    total = page.locator('.lots tfoot [data-label="Quantity"]')
    expect(total).to_have_text("550.03")
