"""The bytes we keep: `landing/` every file ever accepted, `rejected/` the refused ones beside the reason why.

`landing/<source>/<hash>__<name>` is never edited. Its sidecar `….json` says where the file came from; a copy
without one was left by a landing that was killed before it had accepted the file.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from dagster_project.landing.contracts import Contract, Header, Layout, Refused
from dagster_project.landing.raw import Delivery
from dagster_project.storage.disk import naming, sync

INCOMING = ".incoming"
PIECE_BYTES = 1 << 20
MAX_NAME_BYTES = 200  # of the 255 that file systems allow, beside the hash and `.why.txt`
MAX_REJECTED_BYTES = 256 << 20


class DamagedFile(RuntimeError):
    """A file in `landing/` is not what was accepted; the message names it."""


def fingerprint(handle: BinaryIO) -> str:
    """SHA-256 of an open file, in hex."""
    digest = hashlib.sha256()
    for piece in _pieces(handle):
        digest.update(piece)
    return digest.hexdigest()


def stage_copy(handle: BinaryIO, path: Path) -> str:
    """Copy an open file to a path, down to the disk; returns the copy's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with _written(path) as copy:
        for piece in _pieces(handle):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


def keep(temporary: Path, landing: Path, delivery: Delivery, contracts: Sequence[Contract]) -> None:
    """Give an accepted copy its permanent place, and then the sidecar from which raw can be restored."""
    name = kept_name(delivery)
    copy = landing / delivery.source / (f"{name}.kept" if name.endswith(".json") else name)  # no sidecar
    tables = {contract.entity: asdict(contract.layout) for contract in contracts}
    sidecar = {**asdict(delivery), "landed_at": delivery.landed_at.isoformat(), "tables": tables}
    os.replace(temporary, copy)
    _write(copy.with_name(f"{copy.name}.json"), json.dumps(sidecar, indent=1))


def kept(landing: Path) -> Iterator[tuple[Path, Delivery, list[Contract]]]:
    """Every accepted copy, its delivery, and its tables' contracts as they were on that day."""
    for path in sorted(landing.glob("*/*.json")):
        try:
            sidecar = json.loads(path.read_text())
            if "tables" not in sidecar:  # as sidecars were while a file was one table
                sidecar["tables"] = {sidecar["entity"]: {"columns": sidecar.pop("columns")}}
            tables = sidecar.pop("tables")
            sidecar["landed_at"] = datetime.fromisoformat(sidecar["landed_at"])
            delivery = Delivery(**sidecar)
            contracts = [
                Contract(delivery.source, entity, (), _layout(**layout)) for entity, layout in tables.items()
            ]
        except (ValueError, KeyError, TypeError):
            raise DamagedFile(f"{path} is no sidecar any more. Restore it from a backup.") from None
        yield path.with_suffix(""), delivery, contracts


def _layout(headers: Sequence[Sequence[Sequence[str]]] = (), **settings: Any) -> Layout:
    """A layout as JSON gives it back."""
    lists = {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
    versions = tuple(Header(tuple(names), tuple(columns)) for names, columns in headers)
    return Layout(headers=versions, **settings | lists)


def check(copy: Path, delivery: Delivery) -> None:
    """Raise DamagedFile unless the copy is, to the last bit, the file that was accepted."""
    if copy.exists():
        with copy.open("rb") as handle:
            if fingerprint(handle) == delivery.source_sha256:
                return
    raise DamagedFile(f"{copy} is not the file that was accepted. Restore it from a backup.")


def reject(rejected: Path, delivery: Delivery, refusal: Refused, handle: BinaryIO | None) -> None:
    """Keep a refused file's bytes, unless they are unsafe or too many, beside a text that says why."""
    rejected.mkdir(parents=True, exist_ok=True)
    path = rejected / kept_name(delivery)
    if handle and refusal.reason != "unsafe_path" and delivery.bytes <= MAX_REJECTED_BYTES:
        temporary = rejected / INCOMING
        is_unchanged = stage_copy(handle, temporary) == delivery.source_sha256
        os.replace(temporary, path) if is_unchanged else temporary.unlink()
    why = (
        f"{delivery.address} was refused on {delivery.landed_at} UTC: {refusal.reason}\n\n"
        f"{refusal.sentence}\n\n"
        "Nothing of this file is in the warehouse. Put a corrected file into the inbox; as long as this one"
        " is there, it is tried again in every run.\n"
    )
    _write(path.with_name(f"{path.name}.why.txt"), why)


def withdraw_rejection(rejected: Path, delivery: Delivery) -> None:
    """Remove what `reject` kept of a file that has now been accepted."""
    path = rejected / kept_name(delivery)
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.why.txt").unlink(missing_ok=True)


def remove_leftovers(*folders: Path) -> None:
    """Remove what a killed landing was just writing."""
    for folder in folders:
        for path in folder.rglob(f"{INCOMING}*"):
            path.unlink()


def kept_name(delivery: Delivery) -> str:
    """`<first 16 digits of the hash>__<name>`; where no byte was read, the hash is that of the name."""
    sha256 = delivery.source_sha256 or hashlib.sha256(delivery.source_file.encode()).hexdigest()
    name = delivery.source_file.rpartition("/")[2].encode()[-MAX_NAME_BYTES:].decode(errors="ignore")
    return f"{sha256[:16]}__{name}"


def _pieces(handle: BinaryIO) -> Iterator[bytes]:
    handle.seek(0)
    while True:
        try:
            piece = handle.read(PIECE_BYTES)
        except OSError as error:
            raise Refused("unreadable", f"reading it failed ({error.strerror}). Send it again.") from None
        if not piece:
            return
        yield piece


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{INCOMING}.txt")
    with _written(temporary) as file:
        file.write(text.encode())
    os.replace(temporary, path)
    sync(path.parent)


@contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    """A new file that is on disk whole afterwards, or, after any error, gone."""
    try:
        with naming(path), path.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
