"""Attachments and large raw events in a folder: content-addressed, encrypted, synced with its folders.

A file's address is the SHA-256 of its content; its name on disk is a keyed hash of that, so that nobody who
sees the folder can tell whether we hold a certain picture. What is in it: `file_spool`. Fulfils `file_port.Files`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from collections.abc import AsyncIterator, Container, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from normalizer.errors import Damaged, Misconfigured
from normalizer.sentence import because

from . import file_garbage as garbage
from .codec import Codec
from .file_port import Files, name_of
from .file_spool import (
    FRAME,
    HEAD,
    FileSpool,
    Pieces,
    Sealed,
    size_of,
    storage_error,
    sweep_growing,
    temporary,
)
from .keys import sync_folder

__all__ = ["FRAME", "FileSpool", "FileStore", "storage_error"]

_AT_ONCE = 8  # frames decrypted per visit to a thread


class FileStore(Files):
    """Content by SHA-256. Made by `FileStore(folder, codec)`; `sweep()` once at start; `close()` at the end."""

    def __init__(self, folder: Path, codec: Codec) -> None:
        self.folder = folder
        self._codec = codec
        self._growing = folder / "growing"
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="files")
        self._dirty: set[Path] = set()
        self._waiting: list[asyncio.Future[None]] = []
        self._syncing: asyncio.Task[None] | None = None

    def sweep(self) -> int:
        """Make the folders, and remove what a crash left half written; how many files that were.

        Raises `Misconfigured` when the folder cannot be used. Files that a living process writes stay.
        """
        try:
            self._growing.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync_folder(self.folder)
            sync_folder(self.folder.parent)
            path, probe = temporary(self._growing)
            path.unlink()
            os.close(probe)
            garbage.put_back(self.folder)
            return sweep_growing(self._growing)
        except OSError as error:
            raise Misconfigured(
                "files.path",
                "{folder} cannot be written ({why})",
                "run: mkdir -p {folder} && chown of it to the gateway's user, or name another folder",
                folder=self.folder,
                why=because(error),
            ) from None

    async def open(self) -> int:
        """`sweep`, not in the event loop."""
        return await asyncio.to_thread(self.sweep)

    async def close(self) -> None:
        """Wait for what is being synced, and end the threads."""
        if self._syncing is not None:
            await self._syncing
        self._threads.shutdown(wait=True)

    def new_spool(self) -> FileSpool:
        """A file to write into; end it with `keep` or `discard`."""
        return FileSpool(self._growing, self._codec)

    async def keep(self, spool: FileSpool) -> str:
        """Make the spool's content durable; its SHA-256. Raises `StorageFull` or `Unavailable`.

        The temporary file is gone in any case.
        """
        loop = asyncio.get_running_loop()
        try:
            place = await loop.run_in_executor(self._threads, self._place, spool)
            await self._synced(place.parent)
        except OSError as error:
            raise storage_error(error) from None
        return spool.sha256

    async def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        """The content piece by piece. Raises `Damaged` at the end when the whole is not what was stored."""
        loop = asyncio.get_running_loop()
        reader = await loop.run_in_executor(self._threads, _Reader, self._path(sha256), self._codec)
        try:
            for first in range(0, reader.sealed.frames, _AT_ONCE):
                yield await loop.run_in_executor(self._threads, reader.content, first)
        finally:
            reader.close()
        if not hmac.compare_digest(reader.sha256, sha256.lower()):
            raise Damaged("a stored file is not the one that its address names")

    @asynccontextmanager
    async def opened(self, sha256: str) -> AsyncIterator[Pieces]:
        """The content for reading here and there. Raises `Damaged` when it is missing."""
        loop = asyncio.get_running_loop()
        reader = await loop.run_in_executor(self._threads, _Reader, self._path(sha256), self._codec)

        async def fetch(first: int, count: int) -> bytes:
            return await loop.run_in_executor(self._threads, reader.stored, first, count)

        try:
            yield Pieces(reader.sealed, fetch)
        finally:
            reader.close()

    def name(self, sha256: str) -> str:
        """The name on disk of this content, below `folder`: `ab/cdef…`."""
        return str(self._path(sha256).relative_to(self.folder))

    async def size(self, sha256: str) -> int | None:
        """Bytes of content, or None when there is no such file."""
        try:
            found = await asyncio.to_thread(self._path(sha256).stat)
        except FileNotFoundError:
            return None
        return size_of(found.st_size)

    async def unwanted(
        self, wanted: Container[str], older_than: float, at_once: int = 200
    ) -> AsyncIterator[list[str]]:
        """The names that are not `wanted` and were last wanted before `older_than`, page by page."""
        if not self.folder.is_dir():
            return
        found = garbage.unwanted(self.folder, wanted, older_than)
        while page := await asyncio.to_thread(lambda: list(islice(found, at_once))):
            yield page

    async def remove(self, name: str, older_than: float) -> int:
        """Remove it if it was last wanted before that; the bytes that became free."""
        return await asyncio.to_thread(garbage.remove, self.folder, name, older_than)

    async def tend(self, wanted: Container[str], older_than: float) -> None:
        """Nothing to do: `remove` ends what it begins, and `sweep` what a crash left of it."""

    def _path(self, sha256: str) -> Path:
        return self.folder / name_of(self._codec, sha256)

    def _place(self, spool: FileSpool) -> Path:
        try:
            temporary = spool.finish(synced=True)
            place = self._path(spool.sha256)
            if not place.parent.is_dir():
                place.parent.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self.folder)
            if _still_wanted(place):
                # Its content was synced before it got its name; only the name may still be on its way.
                spool.discard()
            else:
                temporary.rename(place)
                spool.kept()
        except BaseException:
            spool.discard()
            raise
        return place

    async def _synced(self, folder: Path) -> None:
        """Return once `folder` was synced by a sync that began after this call."""
        done = asyncio.get_running_loop().create_future()
        self._dirty.add(folder)
        self._waiting.append(done)
        if self._syncing is None:
            self._syncing = asyncio.create_task(self._sync_folders())
        await done

    async def _sync_folders(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                dirty, self._dirty = self._dirty, set()
                error: OSError | None = None
                try:
                    await loop.run_in_executor(self._threads, _sync_all, dirty)
                except OSError as caught:
                    error = caught
                for done in waiting:
                    if not done.done():
                        if error is None:
                            done.set_result(None)
                        else:
                            done.set_exception(error)
        finally:
            self._syncing = None


def _still_wanted(place: Path) -> bool:
    """Whether the file is there; from now on it counts as new, so that no garbage collection takes it."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True


def _sync_all(folders: Iterable[Path]) -> None:
    for folder in folders:
        sync_folder(folder)


class _Reader:
    """One stored file, a few frames at a time; used in a thread."""

    def __init__(self, path: Path, codec: Codec) -> None:
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise Damaged("a file is missing from the file store") from None
        except OSError as error:
            raise storage_error(error) from None
        try:
            self.sealed = Sealed(self._file.read(HEAD), os.fstat(self._file.fileno()).st_size, codec)
        except Damaged:
            self._file.close()
            raise
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of what `content` gave until now."""
        return self._hash.hexdigest()

    def stored(self, first: int, count: int) -> bytes:
        """So many frames as they are stored."""
        begin, end = self.sealed.span(first, count)
        self._file.seek(begin)
        return self._file.read(end - begin)

    def content(self, first: int) -> bytes:
        """The next content, for reading from the beginning to the end."""
        content = self.sealed.opened_many(self.stored(first, _AT_ONCE), first)
        self._hash.update(content)
        return content

    def close(self) -> None:
        self._file.close()
