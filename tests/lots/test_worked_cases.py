"""The lot cases of tests/reference/worked_cases.csv, published or computed elsewhere; dollars in cents."""

import csv
from pathlib import Path

CASES = Path(__file__).parents[1] / "reference" / "worked_cases.csv"


def expected(case: str) -> str:
    """Return what the file expects of a case."""
    with CASES.open(newline="", encoding="utf-8") as file:
        return {row["case"]: row["expected"] for row in csv.DictReader(file)}[case]


def test_no_lot_case_is_left_out():
    with CASES.open(newline="", encoding="utf-8") as file:
        areas = ("lots", "lots/wallets", "average (s104)")
        cases = {row["case"] for row in csv.DictReader(file) if row["area"] in areas}
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert cases == tests - {"no_lot_case_is_left_out"}


def test_fincal_fifo(agrees):
    assert expected("fincal_fifo") == "cogs=23; ending=15"
    agrees("""
        opening  +2 cost 400
        buy1     +3 cost 900
        buy2     +5 cost 2,500
        sell     -7 fifo       -> opening 2 cost 400, buy1 3 cost 900, buy2 2 cost 1,000
        left                      buy2 3 cost 1,500
    """)


def test_fincal_lifo(agrees):
    assert expected("fincal_lifo") == "cogs=31; ending=7"
    agrees("""
        opening  +2 cost 400
        buy1     +3 cost 900
        buy2     +5 cost 2,500
        sell     -7 lifo       -> buy2 5 cost 2,500, buy1 2 cost 600
        left                      opening 2 cost 400, buy1 1 cost 300
    """)


def test_fincal_wac(agrees):
    assert expected("fincal_wac") == "cogs=26.6; ending=11.4"
    agrees("""
        opening  +2 cost 400
        buy1     +3 cost 900
        buy2     +5 cost 2,500
        sell     -7 average    -> opening 2 cost 760, buy1 3 cost 1,140, buy2 2 cost 760
        left                      buy2 3 cost 1,140
    """)


def test_coinbasis_two_lots(agrees):
    """Proceeds are 500: the gain of each method is 500 less the cost below."""
    assert expected("coinbasis_two_lots") == "FIFO gain 400; LIFO 200; HIFO 200; average 300; SpecID(A) 400"
    for method, cost in {
        "fifo": "a 1 cost 10,000",
        "lifo": "b 1 cost 30,000",
        "hifo": "b 1 cost 30,000",
        "average": "a 1 cost 20,000",
        "specific naming a": "a 1 cost 10,000",
    }.items():
        left = {"a 1 cost 10,000": "b 1 cost 30,000", "b 1 cost 30,000": "a 1 cost 10,000"}
        agrees(f"""
            a     +1 cost 10,000
            b     +1 cost 30,000
            sell  -1 {method}  -> {cost}
            left  {left.get(cost, "b 1 cost 20,000")}
        """)


def test_bitwave_single_inventory(agrees):
    assert expected("bitwave_single_inventory") == "relieves lot 1"
    agrees("""
        lot1  +2 cost 200
        lot2  +2 cost 300
        sell  -1 fifo          -> lot1 1 cost 100
        left                      lot1 1 cost 100, lot2 2 cost 300
    """)


def test_bitwave_multi_inventory(agrees):
    assert expected("bitwave_multi_inventory") == "relieves lot 2"
    agrees("""
        lot1 a  +2 cost 200
        lot2 b  +2 cost 300
        sell b  -1 fifo        -> lot2 1 cost 150
        left a  lot1 2 cost 200
        left b  lot2 1 cost 150
    """)


def test_irs_transfer_keeps_date(agrees):
    assert expected("irs_transfer_keeps_date") == "relieves the day-1 lot (transfer date disregarded)"
    agrees("""
        day1 a  +1 cost 100
        day3 b  +1 cost 300
        day5 a  > b 1 fifo     -> day1 1 cost 100
        sale b  -1 fifo        -> day1 1 cost 100
        left b  day3 1 cost 300
    """)


def test_hmrc_crypto22251(agrees):
    """Sold for 300,000: the gain of 258,000 is the proceeds less the cost of 42,000."""
    assert expected("hmrc_crypto22251") == "allowable cost 42,000; gain 258,000"
    agrees("""
        buy1  +100 cost 100,000
        buy2  +50 cost 12,500,000
        sell  -50 average      -> buy1 50 cost 4,200,000
        left                      buy1 50 cost 4,200,000, buy2 50 cost 4,200,000
    """)
