"""Published builds on disk: what one is, which one is current, and how a new one takes its place.

    published/builds/20261123T023000Z-1a2b3c4d/   coffer.duckdb  parquet/<mart>.parquet
                                                  site/  workbooks/<company_id>.xlsx
                                                  dbt_docs.html  manifest.json  SHA256SUMS
    published/current -> builds/20261123T023000Z-1a2b3c4d

A reader of `current` sees yesterday whole or today whole: a build has its final name only when all of it is
on disk, and nothing in it is written afterwards. Each build has its own path, because a process that
holds one database file open gets that same file again from DuckDB, whatever its path has come to name since.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.storage.disk import sync

KEEP = 14  # builds: two weeks of nightly builds to compare with or to go back to
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Published:
    """A published build: its folder, its `manifest.json`, and whether it was made just now."""

    path: Path
    manifest: dict
    is_new: bool = False

    @property
    def database(self) -> Path:
        """The DuckDB file, by the build's own path."""
        return self.path / "coffer.duckdb"

    @property
    def site(self) -> Path:
        """The first page of its site; a house that has taken marts away has none."""
        return self.path / "site" / "index.html"

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each mart."""
        return {name: mart["rows"] for name, mart in self.manifest["marts"].items()}


def current(settings: Settings) -> Published | None:
    """The build that `published/current` names; None before the first publication."""
    link = settings.published / "current"
    if not link.is_symlink():
        return None
    return read(link.resolve(strict=True))


def read(path: Path) -> Published:
    """The build in a folder."""
    return Published(path, json.loads((path / "manifest.json").read_text()))


def kept(settings: Settings) -> list[Published]:
    """All builds that are kept, the newest first; a folder without a manifest is none."""
    manifests = sorted((settings.published / "builds").glob("*/manifest.json"), reverse=True)
    return [
        Published(manifest.parent, json.loads(manifest.read_text()))
        for manifest in manifests
        if manifest.parent.suffix != ".tmp"
    ]


def go_back(settings: Settings, build_id: str | None = None) -> Published:
    """Let `current` name an older build: the one before it, or any that is kept. It must be whole.

    Raises ValueError where there is no such build, or it is damaged. The caller holds the writer's lock.
    """
    now = current(settings)
    older = [build for build in kept(settings) if now is None or build.path.name < now.path.name]
    wanted = [build for build in kept(settings) if build.path.name == build_id] if build_id else older[:1]
    if not wanted:
        what = f"no build {build_id}" if build_id else "no build before the current one"
        raise ValueError(f"There is {what}. `coffer builds` lists those that are kept.")
    if mismatches := verify(wanted[0].path):
        raise ValueError(f"{wanted[0].path} is damaged: {' '.join(mismatches)}")
    _switch(settings, wanted[0].path)
    return wanted[0]


def verify(build: Path) -> list[str]:
    """Read every file of a build again: one sentence for each that is missing, changed or not listed."""
    lines = (build / SUMS).read_text().splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = {name: path for name, path in _files(build).items() if name != SUMS}
    return [
        *(f"{name} is missing." for name in listed.keys() - found.keys()),
        *(f"{name} is not listed in {SUMS}." for name in found.keys() - listed.keys()),
        *(
            f"{name} has changed since it was published."
            for name in listed.keys() & found.keys()
            if sha256(found[name]) != listed[name]
        ),
    ]


def start(settings: Settings) -> Path:
    """An empty folder for the next build, beside the finished ones; leftovers of killed runs are removed."""
    builds = settings.published / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    for folder in (settings.published, builds):
        folder.chmod(0o755)
    remove_leftovers(builds)
    staged = builds / "next.tmp"
    (staged / "parquet").mkdir(parents=True)
    return staged


def spill(staged: Path) -> Path:
    """Where DuckDB writes what does not fit into memory while a build is made in `staged`."""
    return staged.with_name("spill.tmp")


def finish(settings: Settings, staged: Path, manifest: dict) -> Published:
    """Seal the folder, give it its name and let `current` point at it; builds older than the last 14 go."""
    build = staged.with_name(manifest["build_id"])
    seal(staged, build, manifest)
    _switch(settings, build)
    for old in sorted(build.parent.iterdir())[:-KEEP]:
        if old != build:
            shutil.rmtree(old)
    return Published(build, manifest, is_new=True)


def _switch(settings: Settings, build: Path) -> None:
    """Let `current` name a build, by one rename."""
    link = settings.published / "current.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(build.relative_to(settings.published))  # relative: the data folder may be moved
    link.replace(settings.published / "current")
    sync(settings.published)


def seal(staged: Path, build: Path, manifest: dict) -> None:
    """Give a build its manifest, its hashes and its final name, in place of one that has it already."""
    (staged / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    _seal(staged)
    if build.exists():  # the same facts in the same second, by a run that was killed before the switch
        shutil.rmtree(build)
    staged.rename(build)
    sync(build.parent)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed runs left unfinished."""
    for leftover in folder.glob("*.tmp"):
        shutil.rmtree(leftover)


def sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seal(build: Path) -> None:
    """List every file with its hash, take away the right to write, and wait until all of it is on disk."""
    files = _files(build)
    sums = build / SUMS
    sums.write_text("".join(f"{sha256(path)}  {name}\n" for name, path in files.items()))
    for path in (*files.values(), sums):
        path.chmod(0o444)
        sync(path)
    for folder in (*(path for path in build.rglob("*") if path.is_dir()), build):
        folder.chmod(0o755)  # not 0555, since old builds are deleted
        sync(folder)


def _files(build: Path) -> dict[str, Path]:
    return {p.relative_to(build).as_posix(): p for p in sorted(build.rglob("*")) if p.is_file()}
