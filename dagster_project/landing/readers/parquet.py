"""Parquet files, every value written out as text exactly."""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types
from pyarrow.parquet import ParquetFile

from dagster_project.landing.contracts import Layout, Refused
from dagster_project.landing.readers.batch import BATCH_ROWS, Batch, check_texts
from dagster_project.landing.readers.header import bind_header

MAX_UNPACKED_BYTES = 8 << 30


def read_parquet(handle: BinaryIO, layout: Layout) -> Iterator[Batch]:
    """The batches of a Parquet file; `source_row` counts its rows from 1. Holds one batch in memory."""
    file = ParquetFile(handle, pre_buffer=False, buffer_size=1 << 20, page_checksum_verification=True)
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > MAX_UNPACKED_BYTES:
        raise Refused("archive_too_large", "the file unpacks to more than 8 GiB. Split it.")
    names = bind_header(file.schema_arrow.names, layout)
    first_row = 1
    for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
        texts = [_as_text(column, name) for column, name in zip(batch.columns, names, strict=True)]
        yield check_texts(pa.table(texts, names), range(first_row, first_row + len(batch)))
        first_row += len(batch)


def _as_text(column: pa.Array, name: str) -> pa.Array:
    """A column as strings: plain decimals, shortest floats, ISO 8601 times, in UTC where they have a zone."""
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_nested(column.type) or types.is_duration(column.type) or types.is_interval(column.type):
        raise Refused("unsupported_format", f"the column {name!r} is a {column.type}. Write it as text.")
    if types.is_decimal(column.type):  # Arrow's own cast writes one satoshi as 1E-8
        return pa.array(
            [None if value is None else f"{value:f}" for value in column.to_pylist()], pa.string()
        )
    if not types.is_timestamp(column.type):
        text = column.cast(pa.string())
        text.validate(full=True)  # a Parquet file may call any bytes text
        return text
    if column.type.tz:
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))
    iso = pc.replace_substring(column.cast(pa.string()), " ", "T")
    return pc.replace_substring_regex(iso, r"\.0+(Z?)$", r"\1")
