"""`kanal restore DIR`: a backup becomes a data folder again; only into an empty one, while no gateway runs.

Everything is compared with its sum first. The keys come from the backup if it holds them, else they have to be there.
Afterwards the journal knows that it was put back: what had been published since the backup is published again under the
same ids, and the CRM drops it; what comes from now on gets ids and tickets that cannot have been given in between.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from complaint_queue.codec import Codec
from complaint_queue.journal_postgres import PostgresJournal
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keeping import Restored
from complaint_queue.keys import VARIABLE, Keyring, load_or_create, sync_folder
from complaint_queue.postgres_open import at_start, connect, version
from intake import control, postgres_dump
from intake.backup import (
    DUMP,
    FILES,
    JOURNAL,
    MANIFEST,
    SECRET,
    SUMS,
    Manifest,
    durable_copy,
    sum_of,
    sums_of,
)
from intake.config import Config
from normalizer.errors import Misconfigured

KEYS = "keys.json"
Progress = Callable[[str, int, int], None]


@dataclass
class Restore:
    """One run from `source` into the folders of `config`."""

    config: Config
    source: Path
    environment: Mapping[str, str]
    progress: Progress = lambda what, done, total: None

    async def run(self) -> tuple[Manifest, Restored]:
        """Put everything back. Raises `Misconfigured` before anything is written when it cannot be."""
        manifest, sums = await asyncio.to_thread(self._checked)
        await self._free()
        if self.config.journal.url:
            await self._database(self.config.journal.url.reveal())
        await asyncio.to_thread(self._copy, sums)
        keyring = self._keys()
        if self.config.journal.url:
            journal = PostgresJournal(self.config.journal.url.reveal(), Codec(keyring))
            return manifest, await _note(journal, manifest)
        return manifest, await self._journal(keyring, manifest)

    def _checked(self) -> tuple[Manifest, dict[str, str]]:
        """The manifest and its sums, each file compared. Nothing is written."""
        again = "take an older backup, or make a new one: kanal backup DIR"
        try:
            manifest = msgspec.json.decode((self.source / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError):
            raise Misconfigured(
                "DIR",
                "{folder} holds no whole backup ({manifest})",
                again,
                folder=self.source,
                manifest=MANIFEST,
            ) from None
        sums = sums_of(self.source / SUMS)
        if manifest.format != 1 or not sums or sum_of(self.source / SUMS) != manifest.sums:
            raise Misconfigured(
                "DIR", "{sums} is not the one that {manifest} names", again, sums=SUMS, manifest=MANIFEST
            )
        wanted = "postgres" if self.config.journal.url else "sqlite"
        if manifest.journal != wanted:
            raise Misconfigured(
                "journal.url",
                "the backup is of a journal in {journal}, the configuration names {wanted}",
                "use the configuration that belongs to it (config/kanal.toml in the backup)",
                journal=manifest.journal,
                wanted=wanted,
            )
        if self.config.s3 is not None and any(name.startswith(f"{FILES}/") for name in sums):
            raise Misconfigured(
                "journal.files",
                "the backup holds the attachments themselves, the configuration names {place}",
                "copy {files}/ into the bucket, under that prefix, and take that folder out of "
                "a copy of the backup; or restore into a folder",
                place=self.config.s3.words,
                files=self.source / FILES,
            )
        for done, (name, sha256) in enumerate(sums.items(), 1):
            path = self.source / name
            if ".." in Path(name).parts or not path.is_file() or sum_of(path) != sha256:
                raise Misconfigured("DIR", "{name} is not what was backed up", again, name=name)
            self.progress("check", done, len(sums))
        own = self.config.data_dir / KEYS
        if KEYS in sums and own.is_file() and sum_of(own) != sums[KEYS]:
            raise Misconfigured(
                "journal.key",
                "{own} is another one than the backup's",
                "move it away, or use another folder",
                own=own,
            )
        if KEYS not in sums and not self._has_keys():
            raise Misconfigured(
                "journal.key",
                "the backup holds no keys, and there are none here",
                "put keys.json into {data} (mode 600), or export {variable}",
                data=self.config.data_dir,
                variable=VARIABLE,
            )
        return manifest, sums

    def _has_keys(self) -> bool:
        return bool(self.environment.get(VARIABLE)) or (self.config.data_dir / KEYS).is_file()

    async def _free(self) -> None:
        """Nobody lives here, and nothing would be written over."""
        folder = self.config.data_dir
        if folder.is_dir() and await _answers(folder):
            raise Misconfigured(
                "gateway", "a gateway runs in {folder}", "stop it, and name an empty folder", folder=folder
            )
        for place in {folder, self.config.files_dir}:
            there = {path.name for path in place.iterdir()} if place.is_dir() else set()
            left = sorted(there - {*SECRET, JOURNAL + ".lock", "lost+found"} - _growing(place))
            if left:
                raise Misconfigured(
                    "gateway.data_dir",
                    "{place} is not empty ({left})",
                    "move it away first: mv {place} {place}.old; then put the keys into the new one",
                    place=place,
                    left=", ".join(left[:3]),
                )
        url = self.config.journal.url
        if url and await _workers(url.reveal()):
            raise Misconfigured("gateway", "a gateway works on this database", "stop every gateway first")

    async def _database(self, url: str) -> None:
        """The dump into an empty database, wholly or not at all; a journal that is there was put back by hand."""
        if await _workers(url) is None:
            self.progress(DUMP, 0, 1)
            await asyncio.to_thread(postgres_dump.restore, url, self.source / DUMP)
            self.progress(DUMP, 1, 1)

    def _copy(self, sums: Mapping[str, str]) -> None:
        folder = self.config.data_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for done, name in enumerate(sums, 1):
            first, _, rest = name.partition("/")
            if name in (DUMP, MANIFEST) or first == "config":
                continue
            if name == JOURNAL:  # under its own name only when its key was proved
                target = folder / f"{JOURNAL}.restoring"
            else:
                target = self.config.files_dir / rest if first == FILES else folder / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            durable_copy(self.source / name, target)
            self.progress("copy", done, len(sums))

    def _keys(self) -> Keyring:
        return load_or_create(self.config.data_dir / KEYS, self.environment)

    async def _journal(self, keyring: Keyring, manifest: Manifest) -> Restored:
        path = self.config.data_dir / f"{JOURNAL}.restoring"
        try:
            restored = await _note(SqliteJournal(path, Codec(keyring)), manifest)
            path.rename(self.config.data_dir / JOURNAL)
            sync_folder(path.parent)
        finally:
            for ending in ("", "-wal", "-shm", ".lock"):
                with suppress(FileNotFoundError):
                    os.unlink(f"{path}{ending}")  # noqa: PTH108 - an ending is no suffix of its own
        return restored


async def _workers(url: str) -> int | None:
    """How many gateways work on this database; None where there is no journal. Raises `Misconfigured`."""
    try:
        db = await connect(url)
        try:
            if not await version(db):
                return None
            alive: int = await db.fetchval("SELECT count(*) FROM gateways WHERE until > clock_timestamp()")
        finally:
            await db.close(timeout=2)
    except Exception as error:
        raise at_start(url, error) from error
    return alive


async def _note(journal: SqliteJournal | PostgresJournal, manifest: Manifest) -> Restored:
    await journal.open()
    try:
        return await journal.note_restored(manifest.taken_at)
    finally:
        await journal.close()


async def _answers(folder: Path) -> bool:
    """Whether a gateway listens there; what it says to an order that is none does not matter."""
    with suppress(OSError):
        with control._reachable(folder) as path:
            _, writer = await asyncio.open_unix_connection(path)
        writer.close()
        return True
    return False


def _growing(place: Path) -> set[str]:
    """Empty folders that a start has made: they are nothing."""
    return (
        {path.name for path in place.iterdir() if path.is_dir() and not any(path.iterdir())}
        if place.is_dir()
        else set()
    )
