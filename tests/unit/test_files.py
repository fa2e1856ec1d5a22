"""The file store in a folder: what lies on disk, and what a crash leaves; contract/test_files.py has the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from complaint_queue.codec import Codec
from complaint_queue.files import FRAME, FileStore
from complaint_queue.keys import Keyring
from normalizer.errors import Misconfigured

CODEC = Codec(Keyring([os.urandom(32)], os.urandom(32)))


@pytest.fixture
async def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = FileStore(tmp_path / "files", CODEC)
    made.sweep()
    yield made
    await made.close()


def stored(store: FileStore) -> list[Path]:
    return [p for p in store.folder.rglob("*") if p.is_file()]


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
    assert await other.size(sha256) is None
    await other.close()


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
