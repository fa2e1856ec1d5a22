"""What every file store does, in a folder and in S3: content in, the same content out, nothing readable where it lies,
nothing lost that is wanted, and no large file in memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest

from adapters.base import Spool
from complaint_queue import file_garbage
from complaint_queue.codec import Codec
from complaint_queue.file_port import Files
from complaint_queue.file_spool import FRAME
from complaint_queue.files import FileStore
from complaint_queue.files_s3 import S3Files
from complaint_queue.keys import Keyring
from normalizer.errors import Damaged
from tests.s3_server import S3Server

KEYS = Keyring([os.urandom(32)], os.urandom(32))
MEGABYTE = 1024 * 1024


class Shelf(Protocol):
    """A store, and what lies in it."""

    files: Files
    held: int
    """MiB that a large file may take of memory while it is stored and read."""

    def made(self, keys: Keyring = KEYS) -> Files:
        """Another process's store of the same things."""
        ...

    def stored(self) -> dict[str, bytes]: ...

    def replace(self, name: str, content: bytes) -> None: ...

    def delete(self, name: str) -> None: ...


class FolderShelf:
    held = 20

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = self.made()

    def made(self, keys: Keyring = KEYS) -> FileStore:
        return FileStore(self.folder, Codec(keys))

    def stored(self) -> dict[str, bytes]:
        return {name: (self.folder / name).read_bytes() for name in file_garbage.names(self.folder)}

    def replace(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def delete(self, name: str) -> None:
        (self.folder / name).unlink()


class S3Shelf:
    held = 48  # two parts of 8 MiB are under way at once

    def __init__(self, server: S3Server, folder: Path) -> None:
        self.server, self.folder, self.place = server, folder, server.bucket()
        self.files = self.made()

    def made(self, keys: Keyring = KEYS) -> S3Files:
        return S3Files(self.place, self.folder, Codec(keys), young=0.0)

    def stored(self) -> dict[str, bytes]:
        return self.server.objects(self.place)

    def replace(self, name: str, content: bytes) -> None:
        self.server.replace(self.place, name, content)

    def delete(self, name: str) -> None:
        self.server.delete(self.place, name)


@pytest.fixture(params=["folder", "s3"])
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shelf]:
    made: FolderShelf | S3Shelf
    if request.param == "folder":
        made = FolderShelf(tmp_path / "files")
    else:
        made = S3Shelf(request.getfixturevalue("s3_server"), tmp_path / "growing")
    assert await made.files.open() == 0
    assert made.stored() == {}, "the trial at the start leaves nothing"
    yield made
    await made.files.close()


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 9 * FRAME + 5, 70 * FRAME])
async def test_content_comes_back_at_every_size(shelf: Shelf, size: int) -> None:
    content = os.urandom(size)
    sha256 = await shelf.files.put(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert await shelf.files.read(sha256) == content
    assert await shelf.files.size(sha256) == size
    async with shelf.files.opened(sha256) as pieces:
        assert pieces.size == size
        for offset, length in ((0, 10), (FRAME - 5, 10), (size - 3, 10), (size, 1), (size // 2, 3 * FRAME)):
            assert await pieces.read(offset, length) == (
                content[offset : offset + length] if offset >= 0 else b""
            )


async def test_a_spool_grows_in_pieces(shelf: Shelf) -> None:
    spool = shelf.files.new_spool()
    _: Spool = spool
    content = os.urandom(300_001)
    for at in range(0, len(content), 7_001):
        spool.write(content[at : at + 7_001])
    sha256 = await shelf.files.keep(spool)
    assert b"".join([chunk async for chunk in shelf.files.chunks(sha256)]) == content
    spool.discard()
    assert await shelf.files.read(sha256) == content


async def test_neither_name_nor_bytes_betray_the_content(shelf: Shelf) -> None:
    content = b"surat dari warga contoh " * 5000
    sha256 = await shelf.files.put(content)
    ((name, stored),) = shelf.stored().items()
    assert name == shelf.files.name(sha256)
    assert sha256[:8] not in name
    assert content[:16] not in stored
    other = shelf.made(Keyring([os.urandom(32)], os.urandom(32)))
    assert await other.size(sha256) is None
    await other.close()


async def test_what_one_process_stored_another_reads(shelf: Shelf) -> None:
    content = os.urandom(200_000)
    sha256 = await shelf.files.put(content)
    other = shelf.made()
    assert await other.read(sha256) == content
    assert await other.put(content) == sha256
    assert len(shelf.stored()) == 1
    await other.close()


async def test_the_same_content_is_stored_once(shelf: Shelf) -> None:
    hashes = await shelf.files.put_many([b"same" * 50_000] * 8 + [b"other"])
    assert len(set(hashes)) == len(shelf.stored()) == 2
    assert await shelf.files.read(hashes[0]) == b"same" * 50_000


async def test_many_at_once(shelf: Shelf) -> None:
    contents = [os.urandom(100) for _ in range(40)]
    hashes = await shelf.files.put_many(contents)
    assert [await shelf.files.read(h) for h in hashes] == contents


async def test_missing_content_is_damage_and_has_no_size(shelf: Shelf) -> None:
    for sha256 in ("0" * 64, "../../etc/passwd"):
        assert await shelf.files.size(sha256) is None
        with pytest.raises(Damaged, match="missing"):
            await shelf.files.read(sha256)


async def test_truncation_is_noticed_wherever_it_falls(shelf: Shelf) -> None:
    sha256 = await shelf.files.put(os.urandom(3 * FRAME))
    ((name, whole),) = shelf.stored().items()
    frame = FRAME + 16
    for length in (1, 3, 24, 24 + 5, 24 + frame, 24 + 2 * frame, 24 + 2 * frame + 1, len(whole) - 1):
        shelf.replace(name, whole[:length])
        with pytest.raises(Damaged):
            await shelf.files.read(sha256)


async def test_changed_and_swapped_frames_are_noticed(shelf: Shelf) -> None:
    sha256 = await shelf.files.put(os.urandom(3 * FRAME))
    ((name, whole),) = shelf.stored().items()
    frame = FRAME + 16
    first, second, third = (whole[24 + n * frame : 24 + (n + 1) * frame] for n in range(3))
    for damaged in (
        whole[:24] + second + first + third,
        whole[:24] + first + first + third,
        whole[:24] + first + second + third + third,
        whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
        whole[:10] + bytes([whole[10] ^ 1]) + whole[11:],
    ):
        shelf.replace(name, damaged)
        with pytest.raises(Damaged):
            await shelf.files.read(sha256)


async def test_one_files_bytes_under_anothers_name_are_noticed(shelf: Shelf) -> None:
    one, two = await shelf.files.put(b"one"), await shelf.files.put(b"two")
    shelf.replace(shelf.files.name(one), shelf.stored()[shelf.files.name(two)])
    with pytest.raises(Damaged, match="not the one"):
        await shelf.files.read(one)


async def test_seventy_megabytes_stream_without_being_held(shelf: Shelf) -> None:
    chunk = os.urandom(MEGABYTE)
    spool = shelf.files.new_spool()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(70):
        spool.write(chunk)
    sha256 = await shelf.files.keep(spool)
    length = 0
    async for piece in shelf.files.chunks(sha256):
        length += len(piece)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert length == 70 * MEGABYTE
    assert grown < shelf.held * 1024  # KiB


async def test_reading_can_be_left_in_the_middle(shelf: Shelf) -> None:
    content = os.urandom(100 * FRAME)
    sha256 = await shelf.files.put(content)
    async with asyncio.timeout(10):
        pieces = shelf.files.chunks(sha256)
        first = await anext(pieces)
        assert content.startswith(first) and len(first) < len(content)
        await pieces.aclose()  # type: ignore[attr-defined]


# what nobody wants any more


async def unwanted(shelf: Shelf, wanted: set[str], line: float) -> list[str]:
    return sorted([name async for page in shelf.files.unwanted(wanted, line, 2) for name in page])


async def test_only_what_is_old_and_unwanted_is_found_and_goes(shelf: Shelf) -> None:
    hashes = await shelf.files.put_many([b"foto", b"sisa", b"surat"])
    wanted, waste, letter = map(shelf.files.name, hashes)
    assert await unwanted(shelf, {wanted}, time.time() - 60) == [], "they are new"
    line = time.time() + 60
    assert await unwanted(shelf, {wanted}, line) == sorted([waste, letter])
    assert await shelf.files.remove(waste, time.time() - 60) == 0
    assert await shelf.files.remove(waste, line) > 0
    assert await shelf.files.remove(waste, line) == 0
    await shelf.files.tend({wanted}, line)  # twice as long unwanted: now it is gone everywhere
    assert sorted(shelf.stored()) == sorted([wanted, letter])
    assert await shelf.files.size(hashes[1]) is None
    assert await shelf.files.read(hashes[0]) == b"foto"


async def test_what_is_stored_again_counts_as_new(shelf: Shelf) -> None:
    sha256 = await shelf.files.put(b"foto")
    await asyncio.sleep(1.1)  # S3 tells times in seconds
    line = time.time()
    await asyncio.sleep(1.0)
    assert await shelf.files.put(b"foto") == sha256
    assert await unwanted(shelf, set(), line) == []
    assert await shelf.files.remove(shelf.files.name(sha256), line) == 0
    assert await shelf.files.read(sha256) == b"foto"


async def test_what_was_removed_can_be_stored_again(shelf: Shelf) -> None:
    sha256 = await shelf.files.put(b"foto")
    assert await shelf.files.remove(shelf.files.name(sha256), time.time() + 60)
    assert await shelf.files.put(b"foto") == sha256
    await shelf.files.tend(set(), time.time() + 60)
    assert await shelf.files.read(sha256) == b"foto"
