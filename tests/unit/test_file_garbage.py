"""Files that nobody refers to go; one that is wanted again at any moment of that does not."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from complaint_queue import file_garbage as garbage
from complaint_queue.codec import Codec
from complaint_queue.files import FileStore
from complaint_queue.keys import Keyring

LONG_AGO = 1_700_000_000.0
KEYS = Keyring([os.urandom(32)], os.urandom(32))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FileStore]:
    made = FileStore(tmp_path / "files", Codec(KEYS))
    made.sweep()
    yield made
    await made.close()


async def old(store: FileStore, content: bytes) -> str:
    """A file that was stored long ago; its name."""
    name = store.name(await store.put(content))
    os.utime(store.folder / name, (LONG_AGO, LONG_AGO))
    return name


async def test_only_what_is_old_and_unwanted_is_found_and_goes(store: FileStore) -> None:
    wanted, unwanted = await old(store, b"foto"), await old(store, b"sisa")
    fresh = store.name(await store.put(b"baru"))
    line = time.time() - 60
    assert sorted(garbage.names(store.folder)) == sorted([wanted, unwanted, fresh])
    assert list(garbage.unwanted(store.folder, {wanted}, line)) == [unwanted]
    assert garbage.remove(store.folder, unwanted, line) > 0
    assert garbage.remove(store.folder, unwanted, line) == 0
    assert garbage.remove(store.folder, fresh, line) == 0
    assert sorted(garbage.names(store.folder)) == sorted([wanted, fresh])


async def test_what_is_stored_again_counts_as_new(store: FileStore) -> None:
    name = await old(store, b"foto")
    assert store.name(await store.put(b"foto")) == name
    assert garbage.remove(store.folder, name, time.time() - 60) == 0
    assert (store.folder / name).stat().st_mtime > LONG_AGO


async def test_what_is_wanted_while_it_is_moved_aside_comes_back(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await old(store, b"foto")
    rename = Path.rename

    def meanwhile(path: Path, target: Path) -> Path:
        os.utime(path)  # somebody stores the same content just before
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", meanwhile)
    assert garbage.remove(store.folder, name, time.time() - 60) == 0
    assert list(garbage.names(store.folder)) == [name]


async def test_what_is_stored_while_it_lies_aside_is_there(store: FileStore) -> None:
    name = await old(store, b"foto")
    (store.folder / garbage.ASIDE).mkdir()
    (store.folder / name).rename(store.folder / garbage.ASIDE / name.replace("/", ""))
    sha256 = await store.put(b"foto")
    assert await store.read(sha256) == b"foto"


async def test_a_crash_in_between_loses_nothing(store: FileStore) -> None:
    sha256 = await store.put(b"foto")
    name = store.name(sha256)
    (store.folder / garbage.ASIDE).mkdir()
    (store.folder / name).rename(store.folder / garbage.ASIDE / name.replace("/", ""))
    store.sweep()
    assert await store.read(sha256) == b"foto"
    assert list((store.folder / garbage.ASIDE).iterdir()) == []
