"""The strict gate in front of DuckDB: each file format to rows of text, or to a reason why not.

A reader takes an open binary file and the layout that its contract declares, and yields batches. For a file
that breaks its contract it raises Refused, at once or, where only the end shows it (a cut archive), after
some batches.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from dagster_project.landing.contracts import Layout, Refused
from dagster_project.landing.readers.batch import BadRow, Batch, gather
from dagster_project.landing.readers.delimited import read_csv, read_gzipped_csv
from dagster_project.landing.readers.parquet import read_parquet
from dagster_project.landing.readers.records import read_json, read_xml
from dagster_project.landing.readers.xlsx import read_xlsx

__all__ = ["READERS", "BadRow", "Batch", "extension_of", "read"]

Reader = Callable[[BinaryIO, Layout], Iterator[Batch]]

READERS: dict[str, Reader] = {
    ".csv": read_csv,
    ".csv.gz": read_gzipped_csv,
    ".parquet": read_parquet,
    ".xlsx": read_xlsx,
    ".json": read_json,
    ".xml": read_xml,
}


def extension_of(name: str) -> str | None:
    """The extension of a file that some reader reads, in lower case; None for any other file."""
    return next((extension for extension in READERS if name.lower().endswith(extension)), None)


def read(handle: BinaryIO, extension: str, layout: Layout) -> Iterator[Batch]:
    """The batches of a file. What a parser stumbles over is Refused, with the error's name, not its text."""
    try:
        for batch in READERS[extension](handle, layout):
            yield gather(batch, layout) if layout.gathered else batch
    except Refused:
        raise
    except Exception as error:
        sentence = f"this is no intact {extension} file ({type(error).__name__}). Write it again."
        raise Refused("corrupt_file", sentence) from None
