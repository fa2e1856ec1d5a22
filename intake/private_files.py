"""A folder of one account's own: bytes that are not a complaint's yet, as a video that is still being uploaded.

Encrypted like everything else; each store is a file store of its own, so that it can be dropped whole.
Fulfils `adapters.base.PrivateFolder`.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

from complaint_queue.codec import Codec
from complaint_queue.files import FileSpool, FileStore, storage_error
from complaint_queue.keys import sync_folder

_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_KIND = "note"


class PrivateFiles:
    """One store. The note lies beside the files and is replaced atomically."""

    def __init__(self, folder: Path, codec: Codec) -> None:
        self._folder, self._codec = folder, codec
        self._opened: FileStore | None = None

    @property
    def _files(self) -> FileStore:
        if self._opened is None:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_folder(self._folder.parent)
            except OSError as error:
                raise storage_error(error) from None
            files = FileStore(self._folder / "files", self._codec)
            files.sweep()
            self._opened = files
        return self._opened

    def new_spool(self) -> FileSpool:
        return self._files.new_spool()

    async def keep(self, spool: FileSpool) -> str:
        return await self._files.keep(spool)

    def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        return self._files.chunks(sha256)

    async def write_note(self, content: bytes) -> None:
        self._files  # noqa: B018 - the folder comes into being
        sealed = self._codec.seal(_KIND, content)
        try:
            await asyncio.to_thread(replace_file, self._folder / _KIND, sealed)
        except OSError as error:
            raise storage_error(error) from None

    async def note(self) -> bytes | None:
        try:
            sealed = await asyncio.to_thread((self._folder / _KIND).read_bytes)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise storage_error(error) from None
        return self._codec.open(_KIND, sealed)

    async def drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()
        (self._folder / _KIND).unlink(missing_ok=True)
        await asyncio.to_thread(partial(shutil.rmtree, self._folder, ignore_errors=True))


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` under `path`, wholly or not at all, synced with its folder. Blocks; raises OSError."""
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


class PrivateFolder:
    """The stores of one account, below `folder`."""

    def __init__(self, folder: Path, codec: Codec) -> None:
        self._folder, self._codec = folder, codec

    def store(self, name: str) -> PrivateFiles:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a store")
        return PrivateFiles(self._folder / name, self._codec)

    def names(self) -> Sequence[str]:
        if not self._folder.is_dir():
            return ()
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir())
