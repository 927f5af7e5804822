"""JSON and XML: the records of a document as rows of text, each column by its path inside the record.

A path is names joined by `/`; `..` is what contains the record, `@name` an attribute in XML. A value is the
text as it stands in the file, so that no number becomes a float; what is more than one text (an object, a
list, elements inside) is written as JSON, so that nothing of it is lost.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from dagster_project.landing.contracts import Layout, Refused
from dagster_project.landing.readers.batch import BATCH_ROWS, Batch, check_texts, text_table

MAX_DOCUMENT_BYTES = 256 << 20
MAX_DEPTH = 64

Value = (
    Any  # a text, None, or lists and dictionaries of them; an element's own text beside attributes is at ""
)


def read_json(handle: BinaryIO, layout: Layout) -> Iterator[Batch]:
    """The batches of a JSON document; `source_row` counts its records from 1. Holds the document in memory.

    A record with a field that no column takes makes the file Refused, as a new column of a table would.
    """
    _refuse_unfit(handle, layout)
    document = json.loads(
        handle.read(),
        parse_int=str,
        parse_float=str,
        parse_constant=_refuse_constant,
        object_pairs_hook=_object,
    )
    records = list(_records_of(document, [] if layout.records == "." else layout.records.split("/")))
    known = {path.partition("/")[0] for path in _paths(layout).values()}
    for number, (record, _) in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise Refused("wrong_header", f"record {number} is no object. Send what the venue's API answers.")
        if unexpected := [name for name in record if name not in known]:
            sentence = f"record {number} also has {', '.join(map(repr, unexpected[:10]))}."
            raise Refused("unexpected_column", f"{sentence} Known are: {', '.join(sorted(known))}.")
    yield from _batches(records, layout)


def read_xml(handle: BinaryIO, layout: Layout) -> Iterator[Batch]:
    """The batches of an XML document by local names; `source_row` counts its records from 1.

    Elements beside the records stay in memory, records do not. A document type or an entity is Refused.
    """
    _refuse_unfit(handle, layout)
    try:
        yield from _batches(_elements(handle, layout.records.split("/")), layout)
    except DefusedXmlException:
        raise Refused("unsafe_xml", "it declares a document type or entities. Send it without.") from None


def _refuse_unfit(handle: BinaryIO, layout: Layout) -> None:
    if not layout.records:
        raise Refused("unsupported_format", "its source sends tables. Send CSV, XLSX or Parquet.")
    size = handle.seek(0, 2)
    handle.seek(0)
    if size > MAX_DOCUMENT_BYTES:
        raise Refused("document_too_large", "the document is larger than 256 MiB. Send shorter periods.")


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Refused(
            "duplicate_key", f"an object has {repeated!r} more than once. Nobody can say which counts."
        )
    return found


def _refuse_constant(name: str) -> None:
    raise Refused("corrupt_file", f"{name} is no JSON. Write the number, or null.")


def _records_of(
    value: Value, path: list[str], *ancestors: Value
) -> Iterator[tuple[Value, tuple[Value, ...]]]:
    """The records below a path, each with what contains it, the innermost first."""
    if isinstance(value, list):
        for item in value:
            yield from _records_of(item, path, *ancestors)
    elif not path:
        yield value, ancestors
    elif isinstance(value, dict) and path[0] in value:
        yield from _records_of(value[path[0]], path[1:], value, *ancestors)
    elif isinstance(value, dict):
        raise Refused("wrong_header", f"it has no {path[0]!r}, where its records should be. Send it whole.")
    else:
        raise Refused("wrong_header", f"{path[0]!r} is sought in a text. Send what the venue's API answers.")


def _elements(handle: BinaryIO, path: list[str]) -> Iterator[tuple[Value, tuple[Value, ...]]]:
    stack: list[Element] = []
    is_known = False  # a statement without entries is one, a page of HTML is none
    for event, element in iterparse(handle, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            stack.append(element)
            if len(stack) > MAX_DEPTH:
                raise Refused("too_deep", f"its elements lie more than {MAX_DEPTH} deep. Send a statement.")
            continue
        names = [_local(ancestor.tag) for ancestor in stack]
        stack.pop()
        if names[-len(path) :] == path:
            is_known = True
            yield _value(element), tuple(_Lazy(ancestor) for ancestor in reversed(stack))
            if stack:
                stack[-1].remove(element)
        elif len(path) > 1 and names[1 - len(path) :] == path[:-1]:
            is_known = True
    if not is_known:
        raise Refused("wrong_header", f"it has no {'/'.join(path)}. Send the document that was agreed.")


class _Lazy:
    """An element around a record, read only where a column asks for it."""

    def __init__(self, element: Element) -> None:
        self._element = element

    def __call__(self) -> Value:
        return _value(self._element)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _value(element: Element) -> Value:
    found: dict[str, Value] = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _value(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    if not found:
        return element.text
    return found if len(element) else found | {"": element.text}


def _paths(layout: Layout) -> dict[str, str]:
    return {column: layout.paths.get(column, column) for column in layout.columns}


def _batches(records: Iterable[tuple[Value, tuple[Value, ...]]], layout: Layout) -> Iterator[Batch]:
    paths = [path.split("/") for path in _paths(layout).values()]
    rows = ([_text(_found(path, record, around)) for path in paths] for record, around in records)
    first_row = 1
    while True:
        batch = list(islice(rows, BATCH_ROWS))
        yield check_texts(text_table(layout.columns, batch), range(first_row, first_row + len(batch)))
        first_row += len(batch)
        if len(batch) < BATCH_ROWS:
            return


def _found(path: list[str], record: Value, around: tuple[Value, ...]) -> Value:
    ups = path.count("..")
    if ups:
        record = around[ups - 1] if ups <= len(around) else None
        record = record() if isinstance(record, _Lazy) else record
    values = [record]
    for name in path[ups:]:
        values = [value.get(name) for value in values if isinstance(value, dict)]
        values = [one for value in values for one in (value if isinstance(value, list) else [value])]
        values = [value for value in values if value is not None]
    return values[0] if len(values) == 1 else values or None


def _text(value: Value) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case {"": text}:
            return text
        case _:
            return json.dumps(value, ensure_ascii=False)
