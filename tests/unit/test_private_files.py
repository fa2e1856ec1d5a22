"""An account's own stores: encrypted, durable, found again, dropped whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from complaint_queue.codec import Codec
from complaint_queue.keys import Keyring
from intake.private_files import PrivateFolder
from normalizer.errors import Damaged

PLANTED = b"video of a street in Kenari " * 5_000


@pytest.fixture
def codec() -> Codec:
    return Codec(Keyring([os.urandom(32)], os.urandom(32)))


async def test_what_was_kept_is_there_after_a_restart(tmp_path: Path, codec: Codec) -> None:
    store = PrivateFolder(tmp_path, codec).store("one")
    assert await store.note() is None
    spool = store.new_spool()
    spool.write(PLANTED)
    sha256 = await store.keep(spool)
    await store.write_note(b'{"offset": 1}')
    await store.write_note(b'{"offset": 2}')
    again = PrivateFolder(tmp_path, codec)
    assert list(again.names()) == ["one"]
    assert await again.store("one").note() == b'{"offset": 2}'
    assert b"".join([chunk async for chunk in again.store("one").chunks(sha256)]) == PLANTED
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"Kenari" not in path.read_bytes()
        assert path.is_dir() or b"offset" not in path.read_bytes()


async def test_a_dropped_store_is_gone_and_may_come_again(tmp_path: Path, codec: Codec) -> None:
    folder = PrivateFolder(tmp_path, codec)
    store = folder.store("one")
    await store.write_note(b"first")
    await store.drop()
    assert list(folder.names()) == []
    assert await store.note() is None
    await store.write_note(b"second")
    assert await store.note() == b"second"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a" * 101, "a b", "\x00"])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, codec: Codec, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a store"):
        PrivateFolder(tmp_path, codec).store(name)


async def test_a_damaged_note_is_said(tmp_path: Path, codec: Codec) -> None:
    store = PrivateFolder(tmp_path, codec).store("one")
    await store.write_note(b"first")
    (tmp_path / "one" / "note").write_bytes(b"torn")
    with pytest.raises(Damaged):
        await store.note()
