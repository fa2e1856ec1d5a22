"""Keys are made once, kept private, and never guessed at when they are damaged."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from complaint_queue.keys import Keyring, load_or_create, save
from normalizer.errors import Misconfigured


def test_the_first_start_makes_a_private_file_and_the_next_one_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys"
    first = load_or_create(path, {})
    again = load_or_create(path, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.identity_key == again.identity_key
    assert first.newest.secret == again.newest.secret
    assert first.identity_key != first.newest.secret
    assert [p.name for p in path.parent.iterdir()] == ["keys"]


def test_two_first_starts_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: load_or_create(tmp_path / "keys", {}), range(8)))
    assert len({ring.identity_key for ring in rings}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys"
    load_or_create(path, {})
    path.chmod(mode)
    with pytest.raises(Misconfigured, match="chmod 600"):
        load_or_create(path, {})


def test_every_damaged_character_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    ring = load_or_create(path, {})
    whole = path.read_bytes()
    for at in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :])
        with pytest.raises(Misconfigured) as caught:
            load_or_create(path, {})
        assert "backup" in caught.value.cure
        assert base64.b64encode(ring.identity_key).decode() not in str(caught.value)
    for length in (0, 1, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(Misconfigured):
            load_or_create(path, {})


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    with pytest.raises(Misconfigured):
        load_or_create(tmp_path / "keys", {})


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    value = base64.b64encode(b"k" * 32).decode()
    one = load_or_create(tmp_path / "keys", {"KANAL_KEY": value})
    two = load_or_create(tmp_path / "keys", {"KANAL_KEY": f" {value}\n"})
    assert one.newest.secret == two.newest.secret
    assert not (tmp_path / "keys").exists()


def test_a_key_put_in_front_seals_and_the_old_one_still_opens(tmp_path: Path) -> None:
    old, new = (base64.b64encode(letter * 32).decode() for letter in (b"a", b"b"))
    before = load_or_create(tmp_path, {"KANAL_KEY": old})
    after = load_or_create(tmp_path, {"KANAL_KEY": f"{new},{old}"})
    assert after.identity_key == before.identity_key
    assert after.newest.id != before.newest.id
    assert after.by_id[before.newest.id].secret == before.newest.secret


@pytest.mark.parametrize("value", ["not base64!", base64.b64encode(b"short").decode(), ","])
def test_a_wrong_variable_is_refused_without_being_repeated(tmp_path: Path, value: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_or_create(tmp_path / "keys", {"KANAL_KEY": value})
    assert "/dev/urandom" in caught.value.cure
    assert len(value) < 2 or value not in str(caught.value)


def test_rotation_survives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    ring = load_or_create(path, {})
    assert save(path, ring.rotated())
    read = load_or_create(path, {})
    assert [key.secret for key in read.bodies[1:]] == [key.secret for key in ring.bodies]
    assert read.identity_key == ring.identity_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_ring_does_not_show_its_keys() -> None:
    ring = Keyring([b"secret-secret-secret-secret-1234"], os.urandom(32))
    assert "secret-secret" not in f"{ring!r} {ring.newest!r}"
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring([b"short"], os.urandom(32))
