"""Balances on the chain: all accounts at one block, wallets until their gap, labels in place of addresses."""

import hashlib
from datetime import UTC, datetime

import pytest

from dagster_project.feeds.balances import GAP_LIMIT, Watched, fetch_balances
from dagster_project.feeds.host import FeedFailed
from dagster_project.feeds.keys import SCRIPTS, BadKey, read_key, script_hash
from tests.feeds.servers import Answer

# The wallet of the mnemonic "abandon … about": BIP84's published vector, and its BIP44 and BIP49 accounts.
ZPUB = (
    "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3Ef"
    "H1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
)
XPUB = (
    "xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWG"
    "FNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj"
)
YPUB = (
    "ypub6Ww3ibxVfGzLrAH1PNcjyAWenMTbbAosGNB6VvmSEgytSER9azLDWCxo"
    "JwW7Ke7icmizBMXrzBx9979FfaHxHcrArf3zbeJJJUZPf663zsP"
)
FIRST_ADDRESSES = {  # receiving chain, first key
    ZPUB: "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    XPUB: "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA",
    YPUB: "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf",
}
MINED_AT = datetime(2026, 2, 9, 2, 20, tzinfo=UTC)
BLOCK = {"id": "00" * 32, "height": 936_000, "timestamp": int(MINED_AT.timestamp())}

ADDRESS = FIRST_ADDRESSES[ZPUB]


def stats(funded=0, spent=0, payments=0):
    return {
        "chain_stats": {"funded_txo_sum": funded, "spent_txo_sum": spent, "tx_count": payments},
        "mempool_stats": {"funded_txo_sum": 5, "spent_txo_sum": 0, "tx_count": 1},
    }


def chain(holdings, blocks=(BLOCK,)):
    """A server of the main chain: what lies at which path, and which block is the newest at each look."""
    left = list(blocks)

    def route(path):
        if path == "/blocks":
            return Answer([left.pop(0) if len(left) > 1 else left[0]])
        return Answer(holdings.get(path, stats()))

    return route


def script_of(address):
    """The script of an address, by reading it: the other way round than keys are derived."""
    if address.startswith("bc1q"):
        bits = "".join(f"{'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.index(c):05b}" for c in address[4:-6])
        return b"\x00\x14" + bytes(int(bits[i : i + 8], 2) for i in range(0, 160, 8))
    number = 0
    for character in address:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(character)
    owner = number.to_bytes(25, "big")[1:21]
    return b"\x76\xa9\x14" + owner + b"\x88\xac" if address[0] == "1" else b"\xa9\x14" + owner + b"\x87"


@pytest.mark.parametrize("key", FIRST_ADDRESSES)
def test_the_first_key_of_a_published_wallet_pays_to_its_published_address(key):
    wallet, kind = read_key(key)
    expected = hashlib.sha256(script_of(FIRST_ADDRESSES[key])).digest()[::-1].hex()
    assert script_hash(wallet.child(0).child(0), kind) == expected


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (ZPUB[:-1] + "t", "checksum"),
        (ZPUB.replace("6r", "r6"), "checksum"),
        ("zpub0OIl", "character"),
        ("zpub", "checksum"),
        (
            "tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfV"
            "YjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9jusQ46QzG87VKp",
            "main network",
        ),
    ],
)
def test_a_key_that_is_none_says_why_and_not_what(key, why):
    with pytest.raises(BadKey, match=why) as fault:
        read_key(key)
    assert key[8:] not in str(fault.value) or len(key) < 12


def test_confirmed_coins_of_all_labels_of_an_account_at_one_block(host, server):
    server.route = chain(
        {f"/address/{ADDRESS}": stats(150_000_001, 50_000_000, 3), "/address/1x": stats(1, 0, 1)}
    )
    [vault] = fetch_balances(
        host, [Watched("vault", "acme:custody", ADDRESS, ""), Watched("old vault", "acme:custody", "1x", "")]
    )
    assert (vault.account_id, vault.quantity, vault.labels) == (
        "acme:custody",
        "1.00000002",
        "vault, old vault",
    )
    assert (vault.height, vault.as_of) == (936_000, MINED_AT)


def test_a_wallet_is_read_on_both_chains_until_twenty_keys_are_unused(host, server):
    wallet, kind = read_key(ZPUB)

    def path(chain, index):
        return f"/scripthash/{script_hash(wallet.child(chain).child(index), kind)}"

    server.route = chain(
        {
            path(0, 0): stats(100, 100, 2),
            path(0, 19): stats(7, 0, 1),
            path(1, 3): stats(30, 0, 1),
            path(1, 24): stats(10**9, 0, 1),  # behind the gap
        }
    )
    [balance] = fetch_balances(host, [Watched("wallet", "acme:custody", ZPUB, "")])
    assert balance.quantity == "0.00000037"
    assert len([path for path, _ in server.asked if path != "/blocks"]) == (20 + GAP_LIMIT) + (4 + GAP_LIMIT)


def test_the_kind_of_script_of_a_plain_xpub_can_be_told(host, server):
    wallet, _ = read_key(XPUB)
    script = script_hash(wallet.child(0).child(0), "p2wpkh")
    server.route = chain({f"/scripthash/{script}": stats(5, 0, 1)})
    [balance] = fetch_balances(host, [Watched("wallet", "acme:custody", XPUB, "p2wpkh")])
    assert balance.quantity == "0.00000005"
    with pytest.raises(FeedFailed, match=f"wallet: .*{', '.join(SCRIPTS)}"):
        fetch_balances(host, [Watched("wallet", "acme:custody", XPUB, "p2tr")])


def test_a_block_that_comes_in_between_means_reading_again(host, server):
    newer = BLOCK | {"id": "11" * 32, "height": 936_001}
    server.route = chain({f"/address/{ADDRESS}": stats(5, 0, 1)}, [BLOCK, newer, newer])
    [balance] = fetch_balances(host, [Watched("vault", "acme:custody", ADDRESS, "")])
    assert balance.height == 936_001
    restless = [BLOCK | {"id": f"{n:064}"} for n in range(20)]
    server.route = chain({}, restless)
    with pytest.raises(FeedFailed, match="a new block at each reading"):
        fetch_balances(host, [Watched("vault", "acme:custody", ADDRESS, "")])


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"chain_stats": {}},
        {"chain_stats": {"funded_txo_sum": "5", "spent_txo_sum": 0, "tx_count": 1}},
        {"chain_stats": {"funded_txo_sum": 5, "spent_txo_sum": 6, "tx_count": 1}},
        {"chain_stats": {"funded_txo_sum": 5, "spent_txo_sum": -1, "tx_count": 1}},
    ],
)
def test_another_shape_is_refused_with_the_label_and_without_the_address(host, server, answer):
    server.route = chain({f"/address/{ADDRESS}": answer})
    with pytest.raises(FeedFailed, match="chain_stats of vault") as failure:
        fetch_balances(host, [Watched("vault", "acme:custody", ADDRESS, "")])
    assert ADDRESS not in str(failure.value)


@pytest.mark.parametrize("address", ["../../blocks", "x?y=z", "", "http://elsewhere/"])
def test_an_address_cannot_lead_elsewhere(host, server, address):
    server.route = chain({})
    with pytest.raises(FeedFailed, match="this is no address"):
        fetch_balances(host, [Watched("vault", "acme:custody", address, "")])
    assert {path for path, _ in server.asked} == {"/blocks"}


def test_an_address_is_not_shown_by_accident():
    assert ADDRESS not in repr(Watched("vault", "acme:custody", ADDRESS, ""))
