"""`kanal backup DIR`: everything that a gateway must not lose, copied beside a running one into a folder.

The journal and the staff file are copied as of one moment; then the attachments (they are never changed, so a file
that is in DIR already stays, and on the same disk it is a hard link). `SHA256SUMS` can be checked by `sha256sum -c`;
`manifest.json` is written last: without it, or with another sum in it, a backup is not whole.

The keys are left out unless they are asked for: whoever holds a backup and its keys reads every citizen's words.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import msgspec
from msgspec import Struct

from complaint_queue import file_garbage, snapshot
from complaint_queue.keys import sync_folder
from intake import postgres_dump
from intake.config import Config
from normalizer.errors import Misconfigured

JOURNAL, STAFF, DUMP = "journal.sqlite3", "staff.sqlite3", "journal.pgdump"
MANIFEST, SUMS, FILES = "manifest.json", "SHA256SUMS", "files"
SECRET = ("keys.json", "secrets")
#: What is in a data folder and in no backup: it is copied in its own way, can be made anew, or belongs to a process.
_NOT = re.compile(
    r"(journal|staff|reading)\.sqlite3.*|keys\.json|secrets|files|growing|control\.sock|lost\+found|\..*"
)

#: Told of the work: what is copied, how far it is, and how much there is of it.
Progress = Callable[[str, int, int], None]


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup is of. `taken_at` is before everything in it; `sums` is the SHA-256 of `SHA256SUMS`."""

    format: int
    taken_at: datetime
    program: str
    journal: str
    files: int
    bytes: int
    with_keys: bool
    sums: str


@dataclass
class Backup:
    """One run into `target`."""

    config: Config
    target: Path
    with_keys: bool = False
    progress: Progress = lambda what, done, total: None
    _sums: dict[str, str] = field(default_factory=dict)
    _before: dict[str, str] = field(default_factory=dict)
    _count: int = 0
    _bytes: int = 0

    def run(self) -> Manifest:
        """Copy everything; blocks. Raises `Misconfigured`, OSError or `sqlite3.Error`."""
        taken_at = datetime.now(UTC)
        source = self.config.data_dir
        self._prepare(source)
        self._before = sums_of(self.target / SUMS)
        if self.config.journal.url:
            self._dump()
        else:
            _whole(source / JOURNAL)
            self._database(JOURNAL)
        if (source / STAFF).exists():
            self._database(STAFF)
        for path in _more(source, self.with_keys):
            self._copy(path, str(path.relative_to(source)))
        if Path(self.config.source).is_file():
            self._copy(Path(self.config.source), "config/kanal.toml")
        self._attachments()
        return self._finish(taken_at)

    def _prepare(self, source: Path) -> None:
        inside = self.target.resolve()
        if inside == source.resolve() or source.resolve() in inside.parents:
            raise Misconfigured(
                "DIR", "{folder} lies in the data folder", "name a folder elsewhere", folder=self.target
            )
        there = {path.name for path in self.target.iterdir()} if self.target.is_dir() else set()
        if there and not there & {MANIFEST, SUMS, JOURNAL, f".{JOURNAL}.new", DUMP, FILES}:
            raise Misconfigured(
                "DIR",
                "{folder} holds something else",
                "name an empty folder, or a backup",
                folder=self.target,
            )
        self.target.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.target / MANIFEST).unlink(missing_ok=True)  # from now on it is not whole

    def _database(self, name: str) -> None:
        copy = self.target / name
        snapshot.copy(self.config.data_dir / name, copy, lambda done, total: self.progress(name, done, total))
        self._note(name, copy)

    def _dump(self) -> None:
        """The journal by `pg_dump`; a dump that somebody has made since the last backup is taken as it is."""
        url = self.config.journal.url
        assert url is not None  # noqa: S101 - only called with one
        copy = self.target / DUMP
        self.progress(DUMP, 0, 1)
        if not copy.is_file() or self._before.get(DUMP) == sum_of(copy):
            postgres_dump.dump(url.reveal(), copy)
        self._note(DUMP, copy)
        self.progress(DUMP, 1, 1)

    def _copy(self, path: Path, name: str) -> None:
        copy = self.target / name
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):  # an upload that ended meanwhile
            durable_copy(path, copy)
            self._note(name, copy)

    def _attachments(self) -> None:
        if self.config.s3 is not None:
            return  # the bucket's own versions and copies keep them: docs/high-availability.md
        folder = self.config.files_dir
        names = list(file_garbage.names(folder)) if folder.is_dir() else []
        for done, name in enumerate(names, 1):
            place, copy = folder / name, self.target / FILES / name
            with suppress(FileNotFoundError):  # garbage that went meanwhile
                known = f"{FILES}/{name}"
                if copy.exists() and copy.stat().st_size == place.stat().st_size and known in self._before:
                    self._note(known, copy, self._before[known])
                else:
                    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    link_or_copy(place, copy)
                    self._note(known, copy)
                self._count += 1
            self.progress(FILES, done, len(names))
        for inner in {(self.target / FILES / name).parent for name in names}:
            with suppress(FileNotFoundError):
                sync_folder(inner)

    def _note(self, name: str, copy: Path, sha256: str = "") -> None:
        self._sums[name] = sha256 or sum_of(copy)
        self._bytes += copy.stat().st_size

    def _finish(self, taken_at: datetime) -> Manifest:
        lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(self._sums.items())).encode()
        _write(self.target / SUMS, lines)
        manifest = Manifest(
            format=1,
            taken_at=taken_at,
            program=metadata.version("kanal-aduan"),
            journal="postgres" if self.config.journal.url else "sqlite",
            files=self._count,
            bytes=self._bytes,
            with_keys=any(name.partition("/")[0] in SECRET for name in self._sums),
            sums=hashlib.sha256(lines).hexdigest(),
        )
        _write(self.target / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        return manifest


def sums_of(path: Path) -> dict[str, str]:
    """A `SHA256SUMS` by name; empty when there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def sum_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def link_or_copy(source: Path, target: Path) -> None:
    """A hard link where both are on one disk, else a synced copy. Raises FileNotFoundError when the source went."""
    try:
        target.unlink(missing_ok=True)
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        durable_copy(source, target)


def durable_copy(source: Path, target: Path) -> None:
    """Copy with its mode, synced, under its name only when whole."""
    beside = target.with_name(f".{target.name}.new")
    with source.open("rb") as reading, beside.open("wb") as writing:
        os.fchmod(writing.fileno(), stat.S_IMODE(os.fstat(reading.fileno()).st_mode))
        shutil.copyfileobj(reading, writing, 1024 * 1024)
        writing.flush()
        os.fsync(writing.fileno())
    beside.rename(target)
    sync_folder(target.parent)


def _whole(journal: Path) -> None:
    if not journal.exists():
        raise Misconfigured(
            "gateway.data_dir",
            "there is no {journal} yet",
            "start `kanal serve` once: it makes it",
            journal=journal,
        )


def _more(source: Path, with_keys: bool) -> Iterator[Path]:
    """The smaller files of a data folder: habits, the banner, uploads on their way, alarms; keys where asked for."""
    for path in sorted(source.iterdir()):
        if not _NOT.fullmatch(path.name) or (with_keys and path.name in SECRET):
            yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    sync_folder(path.parent)
