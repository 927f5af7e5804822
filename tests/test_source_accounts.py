"""Whose account a file's label is: the longest pattern, a named label before any, roles never by the way."""

from datetime import UTC, datetime

import pytest

from dagster_project.build.warehouse import build_warehouse
from dagster_project.landing import land
from dagster_project.storage.database import connect

HEADER = "txid,refid,time,type,subtype,aclass,subclass,asset,wallet,amount,fee,balance"
FILES = {
    "acme/ledgers.csv": ["A1,R1,2026-01-05 09:00:00,deposit,,currency,crypto,XXBT,spot / main,1,0,1"],
    "acme/vault/ledgers.csv": [
        "A2,R2,2026-01-05 09:00:00,deposit,,currency,crypto,XBT,spot / main,2,0,2",
        "A3,R3,2026-01-05 09:00:00,deposit,,currency,crypto,BTC,cold,3,0,3",
    ],
    "other/ledgers.csv": [
        "B1,R1,2026-01-05 09:00:00,deposit,,currency,crypto,BTC,spot / main,4,0,4",
        "B2,R2,2026-01-06 09:00:00,dividend,,currency,crypto,BTC,spot / main,5,0,9",
        "B3,R3,2026-01-06 10:00:00,deposit,,currency,crypto,DOGE,spot / main,5,0,9",
    ],
    "nobody/ledgers.csv": ["C1,R1,2026-01-05 09:00:00,deposit,,currency,crypto,BTC,spot / main,6,0,6"],
}
ACCOUNTS = [
    "acme:kraken,acme,exchange,Kraken",
    "acme:vault,acme,exchange,Kraken",
    "acme:cold,acme,custody,Kraken",
    "acme:transit,acme,transit",
    "other:kraken,other,exchange,Kraken",
    "other:transit,other,transit",
]
KNOWN = [
    "kraken,kraken/acme/*,*,acme:kraken",
    "kraken,kraken/acme/vault/*,*,acme:vault",
    "kraken,kraken/acme/vault/*,cold,acme:cold",
    "kraken,kraken/acme/*,@transit,acme:transit",
    "kraken,kraken/other/*,*,other:kraken",
    "kraken,kraken/other/*,@transit,other:transit",
]


@pytest.fixture(scope="module")
def rows(empty_house, tmp_path_factory):
    """Each row by its id: its fate, account and asset; and what is said about those that were refused."""
    settings = empty_house(
        tmp_path_factory.mktemp("labels"),
        companies=["acme,Acme,,12-31,UTC", "other,Other,,12-31,UTC"],
        accounts=ACCOUNTS,
        source_accounts=KNOWN,
        asset_aliases=["kraken,XXBT,BTC", "kraken,XBT,BTC"],
        lot_policies=[f"{name},gaap,*,fifo,company,2009-01-03" for name in ("acme", "other")],
    )
    for name, lines in FILES.items():
        path = settings.inbox / "kraken" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([HEADER, *lines]) + "\n")
    land(settings, datetime(2026, 11, 23, 2, 30, tzinfo=UTC), settle_seconds=0)
    bad = [node for node in build_warehouse(settings).nodes if node.status in ("fail", "error")]
    assert bad == []
    with connect(settings.warehouse, read_only=True) as warehouse:
        told = warehouse.execute(
            "select native_id, row_status, reason, company_id, to_account, to_asset "
            "from intermediate.int_events_checked"
        ).fetchall()
        said = warehouse.execute("select source_file, reason, message from marts.rejected_rows").fetchall()
    return {native_id: rest for native_id, *rest in told}, said


@pytest.mark.parametrize(
    ("native_id", "company", "account"),
    [
        ("A1", "acme", "acme:kraken"),
        ("A2", "acme", "acme:vault"),  # the longer pattern
        ("A3", "acme", "acme:cold"),  # the label itself before any
        ("B1", "other", "other:kraken"),
    ],
)
def test_a_label_is_the_account_of_the_longest_pattern(rows, native_id, company, account):
    assert rows[0][native_id] == ["accepted", None, company, account, "BTC"]


def test_any_label_is_never_a_role(rows):
    status, reason, *_ = rows[0]["B2"]
    assert (status, reason) == ("rejected", "unknown_label")
    [message] = [
        message for file, _, message in rows[1] if file == "kraken/other/ledgers.csv" and "@income" in message
    ]
    assert "kraken,kraken/other/ledgers.csv,@income,<account_id>" in message


def test_what_nobody_mapped_is_refused_with_the_line_to_add(rows):
    assert rows[0]["C1"][:2] == ["rejected", "unknown_label"]
    [message] = [message for file, _, message in rows[1] if file == "kraken/nobody/ledgers.csv"]
    assert "seeds/source_accounts.csv" in message
    assert "kraken,kraken/nobody/ledgers.csv," in message


def test_an_asset_without_an_alias_is_itself(rows):
    assert rows[0]["B3"][:2] == ["rejected", "unknown_asset"]
