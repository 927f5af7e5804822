"""Run rp2 over ledgers read from stdin, as JSON, and print which lots it matched.

A program of its own, because importing rp2 sets the decimal context of its process and opens a log in the
working directory. Ledgers are {name: [method, [[kind, quantity, cost], ...]]}, a movement a day, in units and
cents; the answer is {name: [[sale, lot, quantity, cost], ...]}, numbers of movements and the cost as text.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from prezzemolo.avl_tree import AVLTree
from rp2.accounting_engine import AccountingEngine
from rp2.configuration import MAX_DATE, MIN_DATE, Configuration
from rp2.in_transaction import InTransaction
from rp2.input_data import InputData
from rp2.out_transaction import OutTransaction
from rp2.plugin.country.us import US
from rp2.rp2_decimal import ZERO, RP2Decimal
from rp2.tax_engine import compute_tax
from rp2.transaction_set import TransactionSet

SETTINGS = """
[general]
assets = BTC
exchanges = exchange
holders = company
[in_header]
timestamp = 0
[out_header]
timestamp = 0
[intra_header]
timestamp = 0
"""
START = datetime(2025, 1, 1, tzinfo=UTC)


def matched(configuration: Configuration, method: str, ledger: list) -> list:
    """Compute one ledger."""
    sets = {
        kind: TransactionSet(configuration, kind, "BTC", MIN_DATE, MAX_DATE)
        for kind in ("IN", "OUT", "INTRA")
    }
    for row, (kind, quantity, cost) in enumerate(ledger, 1):
        common = (configuration, (START + timedelta(days=row)).isoformat(), "BTC", "exchange", "company")
        units = RP2Decimal(quantity)
        if kind == "acquire":
            paid = RP2Decimal(cost)
            bought = InTransaction(*common, "BUY", paid / units, units, fiat_in_no_fee=paid, row=row)
            sets["IN"].add_entry(bought)
        else:
            sets["OUT"].add_entry(OutTransaction(*common, "SELL", RP2Decimal(1), units, ZERO, row=row))
    methods = AVLTree()
    methods.insert_node(
        MIN_DATE.year, import_module(f"rp2.plugin.accounting_method.{method}").AccountingMethod()
    )
    data = InputData("BTC", sets["IN"], sets["OUT"], sets["INTRA"])
    computed = compute_tax(configuration, AccountingEngine(methods), data)
    return [
        [
            gain.taxable_event.row - 1,
            gain.acquired_lot.row - 1,
            int(gain.crypto_amount),
            str(gain.fiat_cost_basis),
        ]
        for gain in computed.gain_loss_set
    ]


if __name__ == "__main__":
    Path("rp2.ini").write_text(SETTINGS)
    configuration = Configuration("rp2.ini", US())
    ledgers = json.load(sys.stdin)
    print(json.dumps({name: matched(configuration, *ledger) for name, ledger in ledgers.items()}))
