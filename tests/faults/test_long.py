"""What takes minutes: thirty nights, other zones and years, little memory, very many files and rows."""

import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from dagster_project.published import builds
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect
from tests.faults.houses import NOW, assert_no_row_is_lost, clone, raw_tables, whole_digest
from tests.faults.injector import Injector

LATER = NOW + timedelta(days=1)
DAY = 86_400


def test_no_model_asks_the_clock():
    """V08: figures come from the data; when a row landed comes from the night."""
    asks = re.compile(
        r"\b(now|today|get_current_\w+)\s*\(|\bcurrent_(date|time|timestamp)\b|datetime\.now", re.IGNORECASE
    )
    models = [
        *ROOT.glob("dbt/models/**/*.sql"),
        *ROOT.glob("dbt/models/**/*.py"),
        *ROOT.glob("dbt/macros/*.sql"),
    ]
    assert len(models) > 100
    assert [path.name for path in models if asks.search(path.read_text())] == []


@pytest.mark.deep
def test_thirty_nights_of_one_inbox_in_any_zone_and_year_give_one_digest(night, tmp_path, calls, figure):
    """D12, V06, V08, C15: five nights in each place; raw is deleted before the first of them."""
    until_midnight = DAY - time.time() % DAY - 30
    places = [
        {"TZ": "UTC"},
        {"TZ": "Asia/Shanghai", "LC_ALL": "tr_TR.UTF-8"},
        {"TZ": "America/New_York", "LC_ALL": "de_DE.UTF-8"},
        {"TZ": "Pacific/Kiritimati", "LD_PRELOAD": str(calls), "CLOCK_SHIFT": str(-DAY)},
        {"TZ": "Asia/Kathmandu", "LD_PRELOAD": str(calls), "CLOCK_SHIFT": str(3_653 * DAY)},
        {"TZ": "Europe/London", "LD_PRELOAD": str(calls), "CLOCK_SHIFT": f"{until_midnight:.0f}"},
    ]
    settings = clone(night.settings, tmp_path / "data")
    tables, digests, sizes, nights = raw_tables(settings), set(), [], 0
    for place in places:
        inject = Injector("build", **place)
        settings.raw.unlink()
        for _ in range(5):
            nights += 1
            for part in ("land", "build", "publish"):
                assert inject(settings, part, now=NOW + timedelta(days=nights)).error == ""
            digests.add(whole_digest(settings))
            sizes.append(sum(path.stat().st_size for path in settings.data.rglob("*") if path.is_file()))
        inject.close()
        assert raw_tables(settings) == tables
    assert digests == {whole_digest(night.settings)}
    assert len(builds.kept(settings)) == 1
    growth = (sizes[-1] - sizes[0]) / 1e6
    assert growth < 5
    for row in ("D12", "V06", "V08", "C15"):
        figure(
            row,
            f"{nights} nights in {len(places)} zones, clocks a day back, 10 years ahead and at midnight, raw "
            f"deleted {len(places)} times: {len(digests)} digest, 0 rows more, {growth:.1f} MB more",
        )


@pytest.mark.deep
def test_a_build_without_memory_says_so_and_leaves_yesterday(night, tmp_path, figure):
    """C08, L09: a model in the middle fails for lack of memory; those behind it are not run."""
    settings = clone(night.settings, tmp_path / "data")
    before = whole_digest(settings)
    inject = Injector("build", COFFER_MEMORY_LIMIT="60MB")
    inject(settings, "build", now=LATER)
    refused = inject(settings, "publish", now=LATER)
    inject.close()
    assert "Out of Memory Error" in refused.error
    assert re.search(r"\d+ behind them were not run", refused.error)
    assert whole_digest(settings) == before
    inject = Injector("build")
    assert inject(settings, "build", now=LATER).error == inject(settings, "publish", now=LATER).error == ""
    inject.close()
    assert whole_digest(settings) == before
    for row in ("C08", "L09"):
        figure(row, f'60 MB: "{refused.error.splitlines()[0]}", yesterday\'s build whole, the next one right')


@pytest.mark.deep
def test_ten_million_events_are_published_within_four_gigabytes(tmp_path, figure):
    """C08: a whole night, site and workbooks included; memory is what the kernel cannot drop (RssAnon)."""
    treasury = [sys.executable, ROOT / "tests/bench/treasury.py", tmp_path, "--events", "10000000"]
    subprocess.run(treasury, check=True)
    folders = {f"COFFER_{name.upper()}": str(tmp_path / name) for name in ("data", "inbox", "seeds")}
    limits = {"COFFER_MEMORY_LIMIT": "2GB", "COFFER_MAX_HOURS": "12"}
    with open(tmp_path / "night.log", "w") as log:
        command = [Path(sys.executable).with_name("coffer"), "nightly"]
        night = subprocess.Popen(command, env=os.environ | folders | limits, stdout=log, stderr=log)
        peak, spilled = 0, 0
        while night.poll() is None:
            peak = max(peak, _anonymous_bytes(night.pid))
            spill = (tmp_path / "data").glob("*.tmp/*")
            spilled = max(spilled, sum(path.stat().st_size for path in spill if path.exists()))
            time.sleep(1)
    assert night.returncode == 0, (tmp_path / "night.log").read_text()
    build = builds.current(Settings(tmp_path / "data", tmp_path / "inbox", tmp_path / "seeds"))
    assert builds.verify(build.path) == []
    assert build.rows["events"] == 10_000_000
    assert peak < 4 << 30
    figure(
        "C08-large",
        f"published {sum(build.rows.values()):,} rows of marts; memory up to {peak / 2**30:.2f} GiB, "
        f"spilled up to {spilled / 1e9:.1f} GB",
    )


def _anonymous_bytes(pid: int) -> int:
    status = re.search(r"RssAnon:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(status[1]) * 1024 if status else 0


@pytest.mark.deep
def test_a_part_whose_memory_ends_heals(small, tmp_path, inject, figure):
    """C09: the address space is at its end after so many MB more."""
    dry = replace(small, data=tmp_path / "dry")
    inject(dry, "land")
    codes = []
    for megabytes in (1, 4, 16, 32, 64, 128, 192, 256, 384, 512):
        struck = replace(small, data=tmp_path / f"{megabytes}")
        codes.append(inject(struck, "land", "memory", megabytes << 20).code)
        assert inject(struck, "land").error == ""
        assert raw_tables(struck) == raw_tables(dry)
    assert codes[0] != 0
    figure(
        "C09",
        f"{len(codes)} limits from 1 to 512 MB: {sum(code != 0 for code in codes)} landings died of it, "
        f"healed {len(codes)} of {len(codes)}",
    )


@pytest.mark.deep
def test_many_small_files_land_with_few_descriptors(empty_house, tmp_path, inject, figure):
    """F39: `ulimit -n 256`."""
    settings, files = empty_house(tmp_path), 100_000
    header = "account_id,asset_id,as_of,quantity,statement,source_url\n"
    for number in range(files):
        path = settings.inbox / "treasury_csv" / f"{number % 100}" / f"balances-{number}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{header}acme:custody,BTC,2026-01-31T00:00:00Z,1,{number},\n")
    landed = inject(settings, "land", "files", 256)
    assert landed.error == ""
    tables = raw_tables(settings)
    assert_no_row_is_lost(tables)
    assert len(tables["treasury_csv.balances"]) == files
    figure("F39", f"{files:,} files with 256 descriptors: all landed, {files / landed.seconds:.0f} a second")


@pytest.mark.deep
def test_a_million_amounts_of_eighteen_decimals_sum_exactly(new_house, tmp_path, dice, figure):
    """V01: against Python's decimals."""
    amounts = [Decimal(dice.randrange(1, 10**18)).scaleb(-18) for _ in range(1_000_000)]
    began = datetime(2024, 1, 1)
    events = [
        {
            "event_id": f"e{number}",
            "company_id": "acme",
            "occurred_at": f"{began + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}",
            "event_type": "purchase",
            "from_account": "acme:cash",
            "from_asset": "USD",
            "from_quantity": "1",
            "to_account": "acme:custody",
            "to_asset": "ETH",
            "to_quantity": f"{amount:f}",
            "value_usd": "1",
        }
        for number, amount in enumerate(amounts)
    ]
    settings = new_house(
        tmp_path,
        events,
        [],
        companies=["acme,Acme,,12-31,UTC,x"],
        accounts=["acme:cash,acme,cash", "acme:custody,acme,custody"],
        lot_policies=["acme,gaap,*,fifo,company,2020-01-01"],
    )
    with connect(settings.warehouse, read_only=True) as warehouse:
        [(total,)] = warehouse.execute(
            "select sum(quantity) from marts.ledger where asset_id = 'ETH'"
        ).fetchall()
        [(left,)] = warehouse.execute(
            "select sum(quantity_left) from marts.open_lots where asset_id = 'ETH'"
        ).fetchall()
    assert total == left == sum(amounts)
    figure(
        "V01",
        f"{len(amounts):,} amounts of ether in wei: ledger and lots differ from Python's sum "
        f"by {total - sum(amounts)}",
    )
