"""How long a reader of the site waits where there are many disposals, and what rendering them costs.

    python tests/bench/site.py [--disposals 100000] [--times 5] [--json FILE]

A file like a published one is generated: every mart, and in those of disposals as many rows as asked, each
with three lots. Then Chromium opens the page from disk. A wait ends with the frame that shows the answer.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import yaml
from measure import measure
from playwright.sync_api import Page, sync_playwright
from report import MIB, console, machine, progress, table

from dagster_project.published import meta
from dagster_project.settings import ROOT

RENDER = (
    "import sys; from pathlib import Path; from dagster_project.published.site.render import render; "
    "render(Path(sys.argv[1]), Path(sys.argv[2]))"
)
ROWS = """
insert into coffer.marts.disposals by name
select
    'treasury_csv:sale-' || i as event_id, 'gaap' as book, 'gaap:' || event_id || ':out' as disposal_id,
    'company_' || i % 20 as company_id, timestamp '2020-01-01' + to_minutes(25 * i) as disposed_at,
    disposed_at::date as disposed_on, company_id || ':custody' as account_id,
    ['BTC', 'ETH', 'SOL'][1 + i % 3] as asset_id, (1 + hash(i) % 100_000_000) / 1_000_000 as quantity,
    (1_000_000 + hash(i, 1) % 100_000_000)::decimal(18, 2) / 100 as gross_proceeds_usd, 0 as fee_usd,
    gross_proceeds_usd as net_proceeds_usd, (hash(i, 2) % 100_000_000)::decimal(18, 2) / 100 as cost_usd,
    net_proceeds_usd - cost_usd as realized_gain_usd, true as is_cost_complete, 'fifo' as method,
    'sale' as disposal_type, 'investing' as cash_flow_class, 3 as lots_consumed, false as is_illustrative,
    'treasury_csv/events-' || i // 10_000 || '.csv' as source_file, 2 + i % 10_000 as source_row
from range({disposals}) as r (i);
insert into coffer.marts.lots by name
select 'lot-' || i as lot_id, 'gaap' as book, 'treasury_csv/events-0.csv' as source_file, i as source_row
from range(1000) as r (i);
insert into coffer.marts.disposal_lots by name
select
    disposal_id, n + 1 as match_no, book, company_id, asset_id, 'lot-' || source_row % 1000 as lot_id,
    'fifo' as basis, quantity / 3 as quantity, (cost_usd / 3)::decimal(18, 2) as cost_usd,
    (net_proceeds_usd / 3)::decimal(18, 2) as proceeds_usd, proceeds_usd - cost_usd as realized_gain_usd,
    timestamp '2019-06-01' as acquired_at, disposed_at, 400 as days_held, true as is_long_term,
    is_illustrative
from coffer.marts.disposals, range(3) as r (n);
insert into coffer.marts.method_comparison by name
select
    disposal_id, book, company_id, disposed_on, asset_id, disposal_type, quantity, net_proceeds_usd, method,
    realized_gain_usd, realized_gain_usd as fifo_gain_usd, realized_gain_usd - 1 as lifo_gain_usd,
    realized_gain_usd - 2 as hifo_gain_usd, realized_gain_usd + 3 as lofo_gain_usd,
    realized_gain_usd as average_gain_usd, is_illustrative
from coffer.marts.disposals;
insert into coffer.marts_meta.builds by name
select
    'bench' as build_id, now()::timestamp as published_at, '0.1.0' as code_version, repeat('0', 64) as digest,
    0 as checks_passed, 0 as checks_warned;
"""

# In the page, for its n-th change: milliseconds from the change to the frame after it.
WAIT = """
async (n) => {
    const table = coffer.tables.find(({ name }) => name === "disposals");
    const company = document.getElementById("filter-company");
    const began = performance.now();
    CHANGE;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}
"""
CHANGES = {
    "filter by company": "company.selectedIndex = n + 1; company.dispatchEvent(new Event('change'))",
    "search": "table.search.value = `events-${n}.csv`; table.search.dispatchEvent(new Event('input'))",
    "sort by gain": "table.sortBy({ name: 'realized_gain_usd', kind: 'money' })",
    "open a disposal's lots": "table.toggle(n); while (!document.querySelectorAll('.lots tfoot')[n]) "
    "await new Promise((done) => setTimeout(done, 1))",
}
COMPLETE = '[data-table="disposals/disposals"][data-complete]'


def generate(database: Path, disposals: int) -> None:
    """Write a file with every mart, those of disposals full."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as coffer")
        connection.execute("create schema coffer.marts")
        connection.execute(meta.TABLES)
        for file in sorted((ROOT / "dbt" / "models" / "marts").rglob("*.yml")):
            for model in yaml.safe_load(file.read_text())["models"]:
                columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
                connection.execute(f"create table coffer.marts.{model['name']} ({columns})")
        connection.execute(ROWS.format(disposals=disposals))


def load(page: Page, address: str) -> tuple[float, float]:
    """Milliseconds until the page can be used, and until every row is there."""
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    page.wait_for_selector("html[data-ready]", state="attached")
    usable = page.evaluate("performance.now()")
    page.wait_for_selector(COMPLETE)
    return usable, page.evaluate("performance.now()")


def waits(address: str, times: int) -> dict[str, float]:
    """The medians of what a reader waits for, in milliseconds."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        usable, complete = zip(*(load(page, address) for _ in range(times)), strict=True)
        found = {"load: the page can be used": usable, "load: every row is there": complete}
        for name, change in CHANGES.items():
            load(page, address)
            found[name] = [page.evaluate(WAIT.replace("CHANGE", change), n) for n in range(times)]
        browser.close()
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    """Measure, show, and write down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--disposals", type=int, default=100_000, help="how many there are")
    parser.add_argument("--times", type=int, default=5, help="how often; the median counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    about = machine("duckdb", "playwright")
    with TemporaryDirectory(prefix="coffer-bench-") as folder, progress() as shown:
        database, site = Path(folder, "coffer.duckdb"), Path(folder, "site")
        task = shown.add_task("the site", total=3)
        generate(database, arguments.disposals)
        shown.advance(task)
        cost, _ = measure([sys.executable, "-c", RENDER, database, site], os.environ)
        shown.advance(task)
        size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
        found = waits((site / "disposals.html").as_uri(), arguments.times)
        shown.advance(task)

    output = console(about)
    figures = table((f"{arguments.disposals:,} disposals, three lots each",), ("figure",))
    figures.add_row("rendering all pages, CPU s", f"{cost.cpu_seconds:.1f}")
    figures.add_row("rendering all pages, peak MiB", f"{cost.peak_bytes / MIB:,.0f}")
    figures.add_row("size of the site, MiB", f"{size / MIB:,.1f}")
    for name, milliseconds in found.items():
        figures.add_row(f"{name}, ms", f"{milliseconds:,.0f}")
    output.print("\n**The site**\n", figures)
    if arguments.json:
        told = about | {"render": cost._asdict(), "bytes": size, "milliseconds": found}
        arguments.json.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
