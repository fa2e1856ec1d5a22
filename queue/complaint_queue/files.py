"""Attachments and large raw events: a content-addressed store, encrypted, synced with its folders.

A file's address is the SHA-256 of its content; its name on disk is a keyed hash of that, so that nobody who
sees the folder can tell whether we hold a certain picture. On disk a file is

    "KAF1" | key id (4) | salt (16) | frames

each frame 64 KiB of content (the last one shorter) under AES-256-GCM with a key of the file's own, derived
from salt and body key. A frame's nonce is its number and whether it is the last (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, 2015), so frames that are moved, repeated or cut off at the end are noticed.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import hmac
import os
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from normalizer.errors import Damaged, Misconfigured, StorageFull, Unavailable

from . import file_garbage as garbage
from .codec import Codec
from .keys import BodyKey, sync_folder

FRAME = 64 * 1024
_MAGIC = b"KAF1"
_HEAD = 24
_TAG = 16
_AT_ONCE = 8  # frames decrypted per visit to a thread
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def storage_error(error: OSError) -> Unavailable:
    """What a failed write means for the one who waits for it."""
    if error.errno in _FULL:
        return StorageFull("no room left on the file store's disk", 30)
    return Unavailable(f"the file store cannot be written ({error.strerror or error})")


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _cipher(key: BodyKey, salt: bytes) -> AESGCM:
    return AESGCM(key.derive(b"file" + salt))


class FileSpool:
    """A growing file (`adapters.base.Spool`): 64 KiB stay in memory, the rest goes to disk encrypted.

    `size` is in bytes. `write` raises `StorageFull` or `Unavailable`.
    """

    def __init__(self, folder: Path, codec: Codec) -> None:
        self.size = 0
        self._folder = folder
        self._hash = hashlib.sha256()
        self._waiting = bytearray()
        self._frames = 0
        self._file: int | None = None
        self._path: Path | None = None
        salt = os.urandom(16)
        self._head = _MAGIC + codec.keyring.newest.id + salt
        self._cipher = _cipher(codec.keyring.newest, salt)

    def write(self, chunk: bytes) -> None:
        """Add `chunk` to the end."""
        self.size += len(chunk)
        self._hash.update(chunk)
        self._waiting += chunk
        if len(self._waiting) > FRAME:
            try:
                self._drain()
            except OSError as error:
                self.discard()
                raise storage_error(error) from None

    @property
    def sha256(self) -> str:
        """Of everything written until now, hexadecimal."""
        return self._hash.hexdigest()

    def small(self) -> bytes | None:
        """The content while it is still wholly in memory (64 KiB at most), else None."""
        return bytes(self._waiting) if self._frames == 0 else None

    def discard(self) -> None:
        """Forget it; harmless after it was kept."""
        file, path = self._file, self._path
        self._file = self._path = None
        self._waiting.clear()
        if path is not None:
            path.unlink(missing_ok=True)
        if file is not None:
            os.close(file)

    def finish(self) -> Path:
        """Write what is left, sync, and give the path of the temporary file. Blocks; raises OSError."""
        if len(self._waiting) > FRAME:
            self._drain()
        self._frame(bytes(self._waiting), last=True)
        self._waiting.clear()
        assert self._file is not None and self._path is not None  # noqa: S101, PT018 - made by _frame
        os.fsync(self._file)
        return self._path

    def kept(self) -> None:
        """The temporary file has another name now: let go of it."""
        file, self._file, self._path = self._file, None, None
        if file is not None:
            os.close(file)

    def _drain(self) -> None:
        waiting, at = self._waiting, 0
        while len(waiting) - at > FRAME:
            self._frame(bytes(waiting[at : at + FRAME]), last=False)
            at += FRAME
        del waiting[:at]

    def _frame(self, content: bytes, *, last: bool) -> None:
        if self._file is None:
            self._path, self._file = _temporary(self._folder)
            _write(self._file, self._head)
        _write(self._file, self._cipher.encrypt(_nonce(self._frames, last), content, self._head))
        self._frames += 1


def _write(descriptor: int, content: bytes) -> None:
    """All of it, unbuffered: nothing is left to fail when the file is closed."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _temporary(folder: Path) -> tuple[Path, int]:
    """A new file in `folder`, locked for as long as it is open, so that no sweep takes it for a crash's."""
    while True:
        path = folder / f"{os.getpid()}-{os.urandom(8).hex()}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # a sweep met it between its making and its locking, and removes it
            os.close(descriptor)
            continue
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)


class FileStore:
    """Content by SHA-256. Made by `FileStore(folder, codec)`; `sweep()` once at start; `close()` at the end."""

    def __init__(self, folder: Path, codec: Codec) -> None:
        self.folder = folder
        self._codec = codec
        self._naming = codec.keyring.naming
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
            path, probe = _temporary(self._growing)
            path.unlink()
            os.close(probe)
            garbage.put_back(self.folder)
            return sum(_sweep(path) for path in self._growing.iterdir())
        except OSError as error:
            raise Misconfigured(
                "files.path",
                f"{self.folder} cannot be written ({error.strerror})",
                f"run: mkdir -p {self.folder} && chown of it to the gateway's user, or name another folder",
            ) from None

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

    async def put(self, content: bytes) -> str:
        """Make `content` durable; its SHA-256."""
        spool = self.new_spool()
        spool.write(content)
        return await self.keep(spool)

    async def put_many(self, contents: Iterable[bytes]) -> tuple[str, ...]:
        """Several at once, sharing their folders' sync."""
        done = await asyncio.gather(*(self.put(c) for c in contents), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return tuple(r for r in done if isinstance(r, str))

    async def read(self, sha256: str) -> bytes:
        """The whole content. Raises `Damaged` when it is missing or not what was stored."""
        return b"".join([chunk async for chunk in self.chunks(sha256)])

    async def chunks(self, sha256: str) -> AsyncIterator[bytes]:
        """The content piece by piece. Raises `Damaged` at the end when the whole is not what was stored."""
        loop = asyncio.get_running_loop()
        reader = await loop.run_in_executor(self._threads, _Reader, self._path(sha256), self._codec)
        try:
            while chunk := await loop.run_in_executor(self._threads, reader.more):
                yield chunk
        finally:
            reader.close()
        if not hmac.compare_digest(reader.sha256, sha256.lower()):
            raise Damaged("a stored file is not the one that its address names")

    @asynccontextmanager
    async def opened(self, sha256: str) -> AsyncIterator[Pieces]:
        """The content for reading here and there. Raises `Damaged` when it is missing."""
        loop = asyncio.get_running_loop()
        reader = await loop.run_in_executor(self._threads, _Reader, self._path(sha256), self._codec)
        try:
            yield Pieces(reader, self._threads)
        finally:
            reader.close()

    def name(self, sha256: str) -> str:
        """The name on disk of this content, below `folder`: `ab/cdef…`."""
        return str(self._path(sha256).relative_to(self.folder))

    def size(self, sha256: str) -> int | None:
        """Bytes of content, or None when there is no such file."""
        try:
            stored = self._path(sha256).stat().st_size - _HEAD
        except FileNotFoundError:
            return None
        return max(0, stored - _frames_in(stored) * _TAG)

    def _path(self, sha256: str) -> Path:
        name = hmac.digest(self._naming, sha256.lower().encode(), "sha256").hex()
        return self.folder / name[:2] / name[2:42]

    def _place(self, spool: FileSpool) -> Path:
        try:
            temporary = spool.finish()
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


def _sweep(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except (BlockingIOError, FileNotFoundError):
        return 0
    finally:
        os.close(descriptor)
    return 1


def _frames_in(stored: int) -> int:
    """How many frames a file of so many bytes after its head has."""
    return max(1, -(-stored // (FRAME + _TAG)))


class Pieces:
    """A stored file of which somebody reads here and there; `size` is in bytes of content.

    Every piece is proved to be of the file that was stored under this name. Only who reads it to its end, with
    `FileStore.chunks`, knows besides that the name is its content's.
    """

    def __init__(self, reader: _Reader, threads: ThreadPoolExecutor) -> None:
        self._reader, self._threads, self.size = reader, threads, reader.size

    async def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on, fewer at the end. Raises `Damaged`."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._reader.piece, offset, size
        )


class _Reader:
    """Decrypts one stored file a few frames at a time; used in a thread."""

    def __init__(self, path: Path, codec: Codec) -> None:
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise Damaged("a file is missing from the file store") from None
        except OSError as error:
            raise storage_error(error) from None
        self._head = self._file.read(_HEAD)
        key = codec.keyring.by_id.get(self._head[4:8])
        if len(self._head) != _HEAD or not self._head.startswith(_MAGIC) or key is None:
            self._file.close()
            raise Damaged("a stored file has a damaged head, or a key that is not in the key file")
        self._cipher = _cipher(key, self._head[8:])
        stored = self._left = os.fstat(self._file.fileno()).st_size - _HEAD
        self._frames = _frames_in(stored)
        self.size = max(0, stored - self._frames * _TAG)
        self._number = 0
        self._ended = False
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def more(self) -> bytes:
        """The next content, empty at the end."""
        plain = []
        for _ in range(_AT_ONCE):
            if self._ended:
                break
            plain.append(self._frame())
        content = b"".join(plain)
        self._hash.update(content)
        return content

    def piece(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes of content from `offset` on; apart from `more`, which reads from the beginning."""
        size = max(0, min(size, self.size - offset))
        if offset < 0 or not size:
            return b""
        first, last = offset // FRAME, (offset + size - 1) // FRAME
        self._file.seek(_HEAD + first * (FRAME + _TAG))
        plain = [
            self._opened(self._file.read(FRAME + _TAG), number, number == self._frames - 1)
            for number in range(first, last + 1)
        ]
        start = offset - first * FRAME
        return b"".join(plain)[start : start + size]

    def _frame(self) -> bytes:
        sealed = self._file.read(FRAME + _TAG)
        self._left -= len(sealed)
        last = self._left <= 0
        content = self._opened(sealed, self._number, last)
        self._number += 1
        self._ended = last
        return content

    def _opened(self, sealed: bytes, number: int, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number, last), sealed, self._head)
        except (InvalidTag, ValueError):
            raise Damaged("a stored file is cut off or is not what was stored") from None

    def close(self) -> None:
        self._file.close()
