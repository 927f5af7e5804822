"""Parquet: every type of value as exact text."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def written(path: Path, columns: dict[str, pa.Array]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([Decimal("0.00000001"), Decimal("-12.50000000"), None], pa.decimal128(28, 8)),
         ["0.00000001", "-12.50000000", None]),
        (pa.array([Decimal("0.123456789012345678")], pa.decimal256(60, 18)), ["0.123456789012345678"]),
        (pa.array([21_000_000, -1], pa.int64()), ["21000000", "-1"]),
        (pa.array([18446744073709551615], pa.uint64()), ["18446744073709551615"]),
        (pa.array([0.1, 1e-8, 5.0, float("nan")]), ["0.1", "1e-8", "5", "nan"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([" a ", "", "a,\"b\"\n"]), [" a ", None, "a,\"b\"\n"]),
        (pa.array([b"abc"]), ["abc"]),
        (pa.array(["x", "x", None]).dictionary_encode(), ["x", "x", None]),
        (pa.array([date(2026, 2, 7)]), ["2026-02-07"]),
        (pa.array([datetime(2026, 2, 7, 12), datetime(2026, 2, 7, 12, 0, 0, 120_000)]),
         ["2026-02-07T12:00:00", "2026-02-07T12:00:00.120000"]),
        (pa.array([datetime(2026, 2, 7, 3, tzinfo=UTC)], pa.timestamp("ns", "Asia/Tokyo")),
         ["2026-02-07T03:00:00Z"]),
        (pa.array([datetime(2026, 2, 7, 12, 0, 0, 1_000, tzinfo=UTC)], pa.timestamp("ms", "UTC")),
         ["2026-02-07T12:00:00.001Z"]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)  # fmt: skip
def test_a_parquet_value_is_written_out_exactly(take, tmp_path, values, expected):
    texts = pa.array(["x"] * len(values))
    path = written(tmp_path / "a.parquet", {"ID": texts, "quantity": values, "url": texts, "note": texts})
    good, bad = take(path)
    assert [row[1] for row in good.values()] == expected
    assert list(good) == list(range(1, len(expected) + 1))
    assert not bad


def test_a_parquet_row_with_a_control_character_or_a_mebibyte_of_text_is_refused(take, tmp_path):
    texts = pa.array(["x"] * 3)
    notes = pa.array(["a\0b", "fine", "x" * (1 << 20)])
    path = written(tmp_path / "a.parquet", {"id": texts, "quantity": texts, "note": notes, "url": texts})
    good, bad = take(path)
    assert good == {2: ("x", "x", "fine", "x")}
    assert bad == {1: "control_character", 3: "row_too_long"}


def test_parquet_text_that_is_no_text_is_refused(refusal, tmp_path):
    texts = pa.array(["x"])
    path = written(
        tmp_path / "a.parquet", {"id": texts, "quantity": texts, "note": pa.array([b"\xff"]), "url": texts}
    )
    assert refusal(path).reason == "corrupt_file"


def test_a_nested_parquet_column_is_refused_by_name(refusal, tmp_path):
    texts = pa.array(["x"])
    path = written(
        tmp_path / "a.parquet", {"id": texts, "quantity": pa.array([[1]]), "note": texts, "url": texts}
    )
    assert refusal(path).reason == "unsupported_format"
    assert "'quantity' is a list" in refusal(path).sentence
