"""What is in the inbox, and what landing may touch of it. The inbox is only ever read."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile

from dagster_project.landing.contracts import Contract, Refused
from dagster_project.landing.readers import READERS, extension_of

UNFINISHED_BEGINNINGS = (".", "~$")
UNFINISHED_ENDINGS = ("~", ".tmp", ".part", ".partial", ".crdownload", ".bak", ".swp")
STILL_GROWING = "still growing, left for the next run"


class Ignored(Exception):
    """Something in the inbox that is no delivery, or not yet one; the text says why."""


@dataclass(frozen=True)
class Entry:
    r"""A name in the inbox.

    `source` is None outside the sources' folders. `source_file` is the posix path relative to the inbox;
    bytes that are no UTF-8 stand in it as \xNN. `status` is None where even that was denied.
    """

    path: Path
    source: str | None
    source_file: str
    status: os.stat_result | None

    @property
    def name(self) -> str:
        return self.source_file.rpartition("/")[2]

    def has_changed(self, handle: BinaryIO) -> bool:
        """Whether the open file is another one, or differs in size or time, from what the walk saw."""
        return _version(os.fstat(handle.fileno())) != _version(self.status)


def list_entries(inbox: Path, sources: Collection[str]) -> Iterator[Entry]:
    """Every name in the inbox, sorted by path, except the folders it walks through. Follows no link."""
    if not inbox.is_dir():
        raise FileNotFoundError(f"{inbox}: there is no such inbox. Create the folder or set COFFER_INBOX.")
    pending = sorted(inbox.iterdir(), reverse=True)
    while pending:
        path = pending.pop()
        parts = path.relative_to(inbox).parts
        source = parts[0] if parts[0] in sources else None
        entry = Entry(path, source, _as_text("/".join(parts)), _status(path))
        if entry.source and _is_folder(entry) and not why_ignored(entry):
            try:
                pending += sorted(path.iterdir(), reverse=True)
                continue
            except OSError:
                pass  # reported as unreadable, as files are
        yield entry


def open_plain(entry: Entry) -> BinaryIO:
    """The bytes of a delivery, without following a link or waiting for a pipe's writer.

    Raises Ignored for what is no delivery, Refused for what cannot be read and for links, pipes and devices,
    of which no byte is read.
    """
    if why := why_ignored(entry):
        raise Ignored(why)
    if _is_folder(entry):
        raise Refused("unreadable", "the folder cannot be listed. Let the user who runs Coffer read it.")
    if entry.status and not stat.S_ISREG(entry.status.st_mode):
        raise Refused("unsafe_path", "this is a link, a pipe or a device. Put the file itself here.")
    try:
        descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        handle = open(descriptor, "rb")  # noqa: SIM115 the caller closes it
    except OSError as error:
        sentence = f"it cannot be read ({error.strerror}). Let the user who runs Coffer read it."
        raise Refused("unreadable", sentence) from None
    if entry.has_changed(handle):
        handle.close()
        raise Ignored(STILL_GROWING)
    return handle


def contracts_of(entry: Entry, handle: BinaryIO, contracts: Sequence[Contract]) -> Sequence[Contract]:
    """The contracts that a delivery's name calls for; a name that calls for none is Refused.

    A table has one header and one contract; a document (JSON, XML) may hold the records of several.
    """
    extension = extension_of(entry.name)
    if extension is None:
        _refuse_unsafe_members(entry, handle)
        raise Refused("unsupported_format", f"no reader reads this file. Send {', '.join(READERS)}.")
    stem = entry.name[: -len(extension)]
    of_source = [contract for contract in contracts if contract.source == entry.source]
    matching = [contract for contract in of_source if contract.covers(stem)]
    if len(matching) == 1 or (matching and all(contract.layout.records for contract in matching)):
        return matching
    patterns = ", ".join(
        f"{' or '.join(contract.file_patterns)} ({contract.entity})" for contract in matching or of_source
    )
    if matching:
        raise Refused("unknown_file", f"its name fits more than one entity: {patterns}. Rename it.")
    raise Refused("unknown_file", f"its name does not say what it holds. Name it after one of {patterns}.")


def _as_text(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _version(status: os.stat_result | None) -> tuple[int, int, int] | None:
    return status and (status.st_ino, status.st_size, status.st_mtime_ns)


def _is_folder(entry: Entry) -> bool:
    return entry.status is not None and stat.S_ISDIR(entry.status.st_mode)


def why_ignored(entry: Entry) -> str | None:
    """Why a name is no delivery, or not yet one; None if it is one."""
    name = entry.name.lower()
    if entry.source is None:
        return "outside the folders of the sources"
    if name.startswith(UNFINISHED_BEGINNINGS) or name.endswith(UNFINISHED_ENDINGS):
        return "a hidden, partial or backup name"
    if _is_folder(entry):
        return "a folder, in spite of its name" if extension_of(name) else None
    is_documentation = name.endswith(".md") or name.partition(".")[0] == "readme"
    return "documentation" if is_documentation and not extension_of(name) else None


def _refuse_unsafe_members(entry: Entry, handle: BinaryIO) -> None:
    if not entry.name.lower().endswith(".zip"):
        return
    try:
        with ZipFile(handle) as archive:
            names = archive.namelist()
    except Exception:  # no archive after all, so nothing to unpack
        return
    if any(name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names):
        raise Refused("unsafe_path", "the archive would write outside its folder. Send the CSV file itself.")
