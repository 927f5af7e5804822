"""Bitcoin balances of declared addresses and extended public keys, from an Esplora-compatible server.

A balance holds at a block, so a statement is as of the newest block's own time and not of our clock. A
company's label stands for an address everywhere but in the request.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from dagster_project.feeds.host import FeedFailed, Host
from dagster_project.feeds.keys import SCRIPTS, BadKey, PublicKey, read_key, script_hash

GAP_LIMIT = 20  # keys without a payment after which a wallet ends, BIP44
CHAINS = (0, 1)  # receiving, change
TRIES = 3  # in which no block may come while balances are read
SATOSHI_DECIMALS = 8


@dataclass(frozen=True)
class Watched:
    """A row of `seeds/watched_addresses.csv`: an address, or an extended public key."""

    label: str
    account_id: str
    address: str
    script_type: str

    def __repr__(self) -> str:
        return f"Watched({self.label!r})"

    @property
    def is_key(self) -> bool:
        return self.address[:4] in ("xpub", "ypub", "zpub")


@dataclass(frozen=True)
class Balance:
    """What an account held at a block, in whole bitcoin as text, and which labels it was summed from."""

    account_id: str
    as_of: datetime
    height: int
    quantity: str
    labels: str


def fetch_balances(host: Host, watched: Iterable[Watched]) -> list[Balance]:
    """One balance per account, all at one block. Raises FeedFailed, or gives all."""
    accounts: dict[str, list[Watched]] = defaultdict(list)
    for entry in watched:
        accounts[entry.account_id].append(entry)
    for _ in range(TRIES):
        block = _newest_block(host)
        satoshi = {account: sum(_balance(host, e) for e in entries) for account, entries in accounts.items()}
        if _newest_block(host) == block:
            height, _id, as_of = block
            return [
                Balance(
                    account, as_of, height, _bitcoin(amount), ", ".join(e.label for e in accounts[account])
                )
                for account, amount in sorted(satoshi.items())
            ]
    raise FeedFailed(f"{host.name} had a new block at each reading. Balances are read in the next run.")


def _newest_block(host: Host) -> tuple[int, str, datetime]:
    blocks = host.get("blocks")
    block = blocks[0] if isinstance(blocks, list) and blocks and isinstance(blocks[0], dict) else {}
    height, block_id, seconds = block.get("height"), block.get("id"), block.get("timestamp")
    if type(height) is not int or type(seconds) is not int or not isinstance(block_id, str):
        raise _changed(host, "blocks with height, id and timestamp")
    return height, block_id, datetime.fromtimestamp(seconds, UTC)


def _balance(host: Host, entry: Watched) -> int:
    """Confirmed satoshi."""
    if not entry.is_key:
        if not (entry.address.isascii() and entry.address.isalnum()):
            raise FeedFailed(f"{entry.label}: this is no address. Correct it in seeds/watched_addresses.csv.")
        return _confirmed(host, f"address/{entry.address}", entry.label)[0]
    try:
        key, kind = read_key(entry.address)
        kind = entry.script_type or kind
        if kind not in SCRIPTS:
            raise BadKey(f"has a script_type that is none of {', '.join(SCRIPTS)}")
        return sum(_chain_balance(host, key.child(chain), kind, entry.label) for chain in CHAINS)
    except BadKey as error:
        raise FeedFailed(f"{entry.label}: the key {error}. Correct seeds/watched_addresses.csv.") from None


def _chain_balance(host: Host, chain: PublicKey, kind: str, label: str) -> int:
    total = unused = 0
    for index in count():
        script = script_hash(chain.child(index), kind)
        satoshi, payments = _confirmed(host, f"scripthash/{script}", label)
        total, unused = total + satoshi, 0 if payments else unused + 1
        if unused == GAP_LIMIT:
            return total
    raise AssertionError  # count() has no end


def _confirmed(host: Host, path: str, label: str) -> tuple[int, int]:
    """Confirmed satoshi and how many transactions touched them."""
    answer = host.get(path)
    stats = answer.get("chain_stats") if isinstance(answer, dict) else None
    numbers = [
        stats.get(name) if isinstance(stats, dict) else None
        for name in ("funded_txo_sum", "spent_txo_sum", "tx_count")
    ]
    if not all(type(number) is int and number >= 0 for number in numbers) or numbers[0] < numbers[1]:
        raise _changed(host, f"chain_stats of {label}")
    return numbers[0] - numbers[1], numbers[2]


def _bitcoin(satoshi: int) -> str:
    whole, part = divmod(satoshi, 10**SATOSHI_DECIMALS)
    return f"{whole}.{part:0{SATOSHI_DECIMALS}}"


def _changed(host: Host, expected: str) -> FeedFailed:
    return FeedFailed(
        f"{host.name} does not answer as Esplora does (expected {expected}). Nothing was taken."
    )
