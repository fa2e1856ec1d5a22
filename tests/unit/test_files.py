"""The file store: content in, the same content out, nothing readable on disk, nothing half written kept."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
from pathlib import Path

import pytest

from adapters.base import Spool
from complaint_queue.codec import Codec
from complaint_queue.files import FRAME, FileStore
from complaint_queue.keys import Keyring
from normalizer.errors import Damaged, Misconfigured

CODEC = Codec(Keyring([os.urandom(32)], os.urandom(32)))


@pytest.fixture
async def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = FileStore(tmp_path / "files", CODEC)
    made.sweep()
    yield made
    await made.close()


def stored(store: FileStore) -> list[Path]:
    return [p for p in store.folder.rglob("*") if p.is_file()]


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 9 * FRAME + 5])
async def test_content_comes_back_at_every_size(store: FileStore, size: int) -> None:
    content = os.urandom(size)
    sha256 = await store.put(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert await store.read(sha256) == content
    assert store.size(sha256) == size


async def test_a_spool_grows_in_pieces(store: FileStore) -> None:
    spool: Spool = store.new_spool()
    content = os.urandom(300_001)
    for at in range(0, len(content), 7_001):
        spool.write(content[at : at + 7_001])
    assert spool.size == len(content)
    sha256 = await store.keep(spool)  # type: ignore[arg-type]
    assert b"".join([chunk async for chunk in store.chunks(sha256)]) == content
    spool.discard()
    assert await store.read(sha256) == content


async def test_what_is_small_stays_in_memory_until_it_is_kept(store: FileStore) -> None:
    spool = store.new_spool()
    spool.write(b"short")
    assert spool.small() == b"short"
    assert stored(store) == []
    spool.write(b"x" * FRAME)
    assert spool.small() is None
    assert len(stored(store)) == 1
    spool.discard()
    spool.discard()
    assert stored(store) == []


async def test_neither_name_nor_bytes_betray_the_content(store: FileStore) -> None:
    content = b"surat dari warga contoh " * 5000
    sha256 = await store.put(content)
    (path,) = stored(store)
    assert sha256[:8] not in str(path)
    assert content[:16] not in path.read_bytes()
    other = FileStore(store.folder, Codec(Keyring([os.urandom(32)], os.urandom(32))))
    assert other.size(sha256) is None
    await other.close()


async def test_the_same_content_is_stored_once(store: FileStore) -> None:
    hashes = await store.put_many([b"same" * 50_000] * 8 + [b"other"])
    assert len(set(hashes)) == 2
    assert len(stored(store)) == 2
    assert await store.read(hashes[0]) == b"same" * 50_000


async def test_many_at_once_share_their_folders_sync(store: FileStore) -> None:
    contents = [os.urandom(100) for _ in range(60)]
    hashes = await store.put_many(contents)
    assert [await store.read(h) for h in hashes] == contents


async def test_missing_content_is_damage_and_has_no_size(store: FileStore) -> None:
    assert store.size("0" * 64) is None
    assert store.size("../../etc/passwd") is None
    with pytest.raises(Damaged, match="missing"):
        await store.read("0" * 64)


async def test_truncation_is_noticed_wherever_it_falls(store: FileStore) -> None:
    sha256 = await store.put(os.urandom(3 * FRAME))
    (path,) = stored(store)
    whole = path.read_bytes()
    frame = FRAME + 16
    for length in (0, 3, 24, 24 + 5, 24 + frame, 24 + 2 * frame, 24 + 2 * frame + 1, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            await store.read(sha256)


async def test_changed_and_swapped_frames_are_noticed(store: FileStore) -> None:
    sha256 = await store.put(os.urandom(3 * FRAME))
    (path,) = stored(store)
    whole, frame = path.read_bytes(), FRAME + 16
    first, second, third = (whole[24 + n * frame : 24 + (n + 1) * frame] for n in range(3))
    for damaged in (
        whole[:24] + second + first + third,
        whole[:24] + first + first + third,
        whole[:24] + first + second + third + third,
        whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
        whole[:10] + bytes([whole[10] ^ 1]) + whole[11:],
    ):
        path.write_bytes(damaged)
        with pytest.raises(Damaged):
            await store.read(sha256)


async def test_one_files_bytes_under_anothers_name_are_noticed(store: FileStore) -> None:
    one = await store.put(b"one")
    (path_of_one,) = stored(store)
    await store.put(b"two")
    (path_of_two,) = (p for p in stored(store) if p != path_of_one)
    path_of_one.write_bytes(path_of_two.read_bytes())
    with pytest.raises(Damaged, match="not the one"):
        await store.read(one)


async def test_a_sweep_removes_what_a_crash_left_and_nothing_in_use(store: FileStore) -> None:
    living = store.new_spool()
    living.write(b"x" * (2 * FRAME))
    (store.folder / "growing" / "123-dead").write_bytes(b"half")
    other = FileStore(store.folder, CODEC)
    assert other.sweep() == 1
    sha256 = await store.keep(living)
    assert await other.read(sha256) == b"x" * (2 * FRAME)
    assert other.sweep() == 0
    await other.close()


async def test_an_unusable_folder_is_said_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FileStore(tmp_path / "file" / "files", CODEC)
    with pytest.raises(Misconfigured, match="mkdir"):
        store.sweep()
    await store.close()


async def test_forty_megabytes_stream_without_being_held(store: FileStore) -> None:
    chunk = os.urandom(FRAME)
    spool = store.new_spool()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(640):
        spool.write(chunk)
    sha256 = await store.keep(spool)
    length = 0
    async for piece in store.chunks(sha256):
        length += len(piece)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert length == 640 * FRAME
    assert grown < 20 * 1024  # KiB


async def test_reading_can_be_left_in_the_middle(store: FileStore) -> None:
    sha256 = await store.put(os.urandom(20 * FRAME))
    async with asyncio.timeout(10):
        pieces = store.chunks(sha256)
        assert len(await anext(pieces)) == 8 * FRAME
        await pieces.aclose()  # type: ignore[attr-defined]
