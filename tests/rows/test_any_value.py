"""No value of a landed row ends a night: random ones in every column of every source are accepted or refused.

Files of every source under every known header are written again, once per column, with that column full of
strange values. All are landed and built in one night, whose laws must hold. `COFFER_SEED` replays a run.
"""

import csv
import io
import json
import os
import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dagster_project.build.warehouse import build_warehouse
from dagster_project.landing import land
from dagster_project.settings import ROOT, Settings
from dagster_project.storage.database import connect

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
DEEP_RUNS = 12
FILES = [
    *(path for path in sorted((ROOT / "tests" / "sources").glob("*/*.*")) if path.is_file()),
    *sorted((ROOT / "data" / "sample" / "treasury_csv").glob("*.csv")),
]
NUMBERS = [
    "0",
    "-0",
    "0.0",
    "-1",
    "1",
    "1e-8",
    "1e-10",
    "0.0000000001",
    "0.000000000000000001",
    "1e17",
    "9" * 20,
]
# fmt: off
STRANGE = [
    *NUMBERS,
    *("", " ", "+1", "1.5", "-1.5", "(12.50)", "1e8", "1e400", "0.0000000000000000001", "1" * 39, "0.001"),
    *("NaN", "inf", "-Infinity", "nan", "null", "None", "N/A", "true", "FALSE", "yes", "١٢"),
    *("½", "−5", "1,5", "1,234.56", "1.234,56", "$5", "€ 5", "5 BTC", "5%", "0x10"),
    *("1_000", ".5", "5.", ".", "-", "+", "e5", "1e", "2026-02-07T12:00:00Z", "2026-02-07"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2009-01-03T00:00:00Z", "2026-02-29T00:00:00Z"),
    *("2026-02-07T24:00:00Z", "2016-12-31T23:59:60Z", "1770465600", "99999999999", "02/03/26"),
    *("2026-02-07 12:00:00", "2026-02-07T12:00:00+14:00", "2026-11-01 01:30:00 America/New_York"),
    *("infinity", "epoch", "BTC", "btc", " ETH ", "USD", "USDT", "XXBT", "USDC", "DOGEX", "BTC:1"),
    *("BTC/USD", "BTC-USD", "USDUSD", "EUR", "x:0", "x:1", "x:0.0000000001", "x:1;x:1"),
    *("x:1;y:99999999999999999999", ":1", "x:", "x:-1", "x:1:2", ";", "buy", "SELL", "deposit"),
    *("Withdrawal", "trade", "transfer", "completed", "pending", "@transit", "@income", "*", "cango"),
    *("lantern", "cango:cash", "cango:custody", "lantern:custody", "nobody", "cango:nowhere", "'", "\""),
    *("''; drop table events; --", "{{ 1/0 }}", "=1+1", "<b>", "\\", "\\N", "a\tb", "%", "_", "|"),
    *("a|b|c", "é" * 300, "x" * 5000, "\u202etxt", "\ufeff", "\u200b", "𝔅", "a:b:c", "NONREF"),
    *("0" * 40, "treasury_csv:x"),
]
# fmt: on
HEADER = (ROOT / "data" / "sample" / "treasury_csv" / "events.csv").read_text().splitlines()[0]
IDS = re.compile(r"^(?!.*(company|asset|account|user|group)).*(id$|hash|reference|order)", re.IGNORECASE)


def strange(dice: random.Random, cell: str = "", others: Sequence[str] = ("",)) -> str:
    """A value of the list, a random number, the cell with a number changed, or two of these in one."""
    number = f"{dice.choice(('', '-'))}{dice.randrange(10 ** dice.randint(1, 25))}.{dice.randrange(10**9)}"
    return dice.choice(
        [
            dice.choice(STRANGE),
            dice.choice(STRANGE),
            number,
            dice.choice(others),
            f"{dice.choice(others)}:{dice.choice(NUMBERS)}",  # as a lot is named
            re.sub(r"[0-9.]+", lambda it: dice.choice((it[0], dice.choice(NUMBERS))), cell),
            dice.choice(STRANGE)[:40] + dice.choice(("", " ", ":", ";", ",")) + dice.choice(STRANGE)[:40],
        ]
    )


def altered_csv(text: str, column: int, mark: str, dice: random.Random) -> str | None:
    """The file with one column full of strange values, and ids that no other file has; None without it."""
    text = re.sub(r"\b((?:buy|sell)\d+):", rf"\1{mark}:", text)  # lots are named by their new ids
    lines = text.lstrip("\ufeff").splitlines()
    delimiter = ";" if lines[0].count(";") > lines[0].count(",") else ","
    rows = list(csv.reader(lines, delimiter=delimiter))
    head = max(range(min(len(rows), 8)), key=lambda place: (len(rows[place]), -place))
    names = rows[head]
    if column >= len(names):
        return None
    places = [place for place, name in enumerate(names) if place != column and IDS.search(name)]
    for row in rows[head + 1 :]:
        for place in places:
            if row[place : place + 1] != [""]:
                row[place : place + 1] = [cell + mark for cell in row[place : place + 1]]
    ids = [row[place] for row in rows[head + 1 :] for place in places if place < len(row)] or [""]
    for row in rows[head + 1 :]:
        if column < len(row):
            row[column] = strange(dice, row[column], ids)
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return file.getvalue()


def altered_json(text: str, column: int, mark: str, dice: random.Random) -> str | None:
    """The document with the values of its n-th key replaced."""
    document = json.loads(text)
    keys = sorted(set(re.findall(r'"(\w+)"\s*:', text)))
    if column >= len(keys):
        return None

    def walk(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: walk(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, key) for inner in value]
        if key == keys[column]:
            return dice.choice((strange(dice), 0, -1, 1.5, None, True))
        return value + mark if IDS.search(key) and isinstance(value, str) and value else value

    return json.dumps(walk(document))


def altered_xml(text: str, column: int, mark: str, dice: random.Random) -> str | None:
    """The document with the texts of its n-th element replaced."""
    names = sorted(set(re.findall(r"<(\w+)(?: [^>]*)?>[^<\s][^<]*</\1>", text)))
    if column >= len(names):
        return None
    plain = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\ufeff": ""})
    pattern = rf"(<{names[column]}(?: [^>]*)?>)[^<]*(</{names[column]}>)"
    text = re.sub(pattern, lambda it: it[1] + strange(dice).translate(plain) + it[2], text)
    return re.sub(r"(<(?:Id|AcctSvcrRef|NtryRef|EndToEndId|MsgId)>)([^<]+)", rf"\1\2{mark}", text)


WRITERS = {".csv": altered_csv, ".json": altered_json, ".xml": altered_xml}


def full_events() -> str:
    """The universal format with every column filled: purchases, then sales and moves that name their lots."""
    rows = []
    for number in range(40):
        day = f"2026-01-{1 + number % 20:02}T12:00:00Z"
        rows.append(
            f"buy{number},cango,{day},purchase,cango:cash,USD,100,cango:custody,BTC,2,cango:cash,USD,1,100,,,g,false,,"
        )
        to = ("cango:cash,USD,80", "cango:exchange,BTC,1")[number % 2]
        kind = ("sale", "transfer")[number % 2]
        rows.append(
            f"sell{number},cango,2026-02-{1 + number % 20:02}T12:00:00Z,{kind},cango:custody,BTC,1,{to},"
            f"cango:custody,BTC,0.1,80,buy{number}:0.5;buy{(number + 7) % 40}:0.5,2026-01-31T00:00:00Z,"
            "g,false,,"
        )
    return "\n".join([HEADER, *rows]) + "\n"


def fill(inbox: Path, seed: int) -> int:
    """Write every file once per column; returns how many files."""
    dice, count = random.Random(seed), 0
    texts = [(path.parent.name, path.name, path.read_text(encoding="utf-8-sig")) for path in FILES]
    for source, name, text in [*texts, ("treasury_csv", "events-full.csv", full_events())]:
        column = 0
        while altered := WRITERS[Path(name).suffix](text, column, f"{count:04x}", dice):
            folder = inbox / source / f"{count:04}"
            folder.mkdir(parents=True)
            (folder / name).write_text(altered, encoding="utf-8")
            column, count = column + 1, count + 1
    return count


def a_night_of(folder: Path, seed: int) -> None:
    settings = Settings(data=folder / "data", inbox=folder / "inbox", seeds=ROOT / "seeds")
    files = fill(settings.inbox, seed)
    report = land(settings, NOW, settle_seconds=0)
    assert files > 400
    assert len(report.landed) > files / 2
    build = build_warehouse(settings)
    ended = [(node.name, node.status) for node in build.nodes if node.status in ("fail", "error")]
    assert ended == [], f"COFFER_SEED={seed}"
    with connect(settings.warehouse, read_only=True) as connection:
        [(landed, accepted, rejected)] = connection.execute(
            "select sum(rows_landed), sum(rows_accepted), sum(rows_rejected) from marts.files"
        ).fetchall()
        assert min(accepted, rejected) > landed / 10


def test_strange_values_in_every_column_of_every_source_end_no_night(tmp_path):
    a_night_of(tmp_path, int(os.environ.get("COFFER_SEED", "20260208")))


@pytest.mark.deep
@pytest.mark.parametrize("run", range(DEEP_RUNS))
def test_more_strange_values_end_no_night(tmp_path, run):
    a_night_of(tmp_path, random.SystemRandom().randrange(1 << 32))
