"""The form in which a file's content is sealed, and the growing file that seals what is written into it.

    "KAF1" | key id (4) | salt (16) | frames

Each frame is 64 KiB of content (the last one shorter) under AES-256-GCM with a key of the file's own, derived
from salt and body key. A frame's nonce is its number and whether it is the last (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, 2015), so frames that are moved, repeated or cut off at the end are noticed.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from normalizer.errors import Damaged, StorageFull, Unavailable
from normalizer.sentence import because

from .codec import Codec
from .keys import BodyKey

FRAME = 64 * 1024
HEAD = 24
TAG = 16
_MAGIC = b"KAF1"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def storage_error(error: OSError) -> Unavailable:
    """What a failed write means for the one who waits for it."""
    if error.errno in _FULL:
        return StorageFull("no room left on the file store's disk", 30)
    return Unavailable("the file store cannot be written ({why})", why=because(error))


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

    def finish(self, *, synced: bool) -> Path:
        """Write what is left, and sync it; the path of the temporary file. Blocks; raises OSError."""
        if len(self._waiting) > FRAME:
            self._drain()
        self._frame(bytes(self._waiting), last=True)
        self._waiting.clear()
        assert self._file is not None and self._path is not None  # noqa: S101, PT018 - made by _frame
        if synced:
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
            self._path, self._file = temporary(self._folder)
            _write(self._file, self._head)
        _write(self._file, self._cipher.encrypt(_nonce(self._frames, last), content, self._head))
        self._frames += 1


def _write(descriptor: int, content: bytes) -> None:
    """All of it, unbuffered: nothing is left to fail when the file is closed."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def temporary(folder: Path) -> tuple[Path, int]:
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


def sweep_growing(folder: Path) -> int:
    """Remove what a crash left half written; how many files that were. What a living process writes stays."""
    return sum(_sweep(path) for path in folder.iterdir())


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


class Sealed:
    """How a sealed file is opened: `head` are its first `HEAD` bytes, `stored` all its bytes. Raises `Damaged`."""

    def __init__(self, head: bytes, stored: int, codec: Codec) -> None:
        key = codec.keyring.by_id.get(head[4:8])
        if len(head) != HEAD or not head.startswith(_MAGIC) or key is None:
            raise Damaged("a stored file has a damaged head, or a key that is not in the key file")
        self._head, self._cipher = head, _cipher(key, head[8:])
        self._stored = stored
        self.frames = frames_in(stored - HEAD)
        self.size = size_of(stored)

    def opened(self, sealed: bytes, number: int) -> bytes:
        """The content of one frame. Raises `Damaged`."""
        try:
            return self._cipher.decrypt(_nonce(number, number == self.frames - 1), sealed, self._head)
        except (InvalidTag, ValueError):
            raise Damaged("a stored file is cut off or is not what was stored") from None

    def span(self, first: int, count: int) -> tuple[int, int]:
        """Where so many frames begin and end among the stored bytes."""
        begin = HEAD + first * (FRAME + TAG)
        return begin, max(begin, min(self._stored, begin + count * (FRAME + TAG)))

    def opened_many(self, sealed: bytes, first: int) -> bytes:
        """The content of the frames from `first` on that lie in `sealed` one after the other."""
        step = FRAME + TAG
        pieces = [sealed[at : at + step] for at in range(0, len(sealed), step)] or [b""]
        return b"".join(self.opened(piece, first + number) for number, piece in enumerate(pieces))


def frames_in(stored: int) -> int:
    """How many frames a file of so many bytes after its head has."""
    return max(1, -(-stored // (FRAME + TAG)))


def size_of(stored: int) -> int:
    """The bytes of content in a file of so many stored bytes."""
    return max(0, stored - HEAD - frames_in(stored - HEAD) * TAG)


class Pieces:
    """A stored file of which somebody reads here and there; `size` is in bytes of content. `fetch` gives the stored
    bytes of so many frames.

    Every piece is proved to be of the file that was stored under this name. Only who reads it to its end, with
    `Files.chunks`, knows besides that the name is its content's.
    """

    def __init__(self, sealed: Sealed, fetch: Callable[[int, int], Awaitable[bytes]]) -> None:
        self._sealed, self._fetch, self.size = sealed, fetch, sealed.size

    async def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on, fewer at the end. Raises `Damaged`."""
        size = max(0, min(size, self.size - offset))
        if offset < 0 or not size:
            return b""
        first, last = offset // FRAME, (offset + size - 1) // FRAME
        plain = self._sealed.opened_many(await self._fetch(first, last - first + 1), first)
        start = offset - first * FRAME
        return plain[start : start + size]
