"""What is sealed opens for its purpose alone, and no changed bit goes unnoticed."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_queue.codec import Codec
from complaint_queue.keys import Keyring
from normalizer.errors import Damaged
from normalizer.record import RawEvent, Sender

RING = Keyring([os.urandom(32)], os.urandom(32))
CODEC = Codec(RING)


@given(st.binary(max_size=300))
def test_it_gives_back_what_it_was_given(plain: bytes) -> None:
    sealed = CODEC.seal("raw", plain)
    assert CODEC.open("raw", sealed) == plain
    assert len(sealed) == len(plain) + 33
    assert len(plain) < 8 or plain not in sealed


def test_the_same_text_never_looks_the_same() -> None:
    assert len({CODEC.seal("raw", b"same") for _ in range(100)}) == 100


def test_every_changed_bit_is_noticed() -> None:
    sealed = CODEC.seal("raw", b"words of a citizen")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Damaged):
            CODEC.open("raw", bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(Damaged):
            CODEC.open("raw", sealed[:length])


def test_another_purpose_or_key_does_not_open_it() -> None:
    sealed = CODEC.seal("raw", b"x")
    with pytest.raises(Damaged):
        CODEC.open("message", sealed)
    with pytest.raises(Damaged, match="not in the key file"):
        Codec(Keyring([os.urandom(32)], RING.identity_key)).open("raw", sealed)


def test_after_a_rotation_old_and_new_open() -> None:
    rotated = Codec(RING.rotated())
    old, new = CODEC.seal("raw", b"old"), rotated.seal("raw", b"new")
    assert (rotated.open("raw", old), rotated.open("raw", new)) == (b"old", b"new")
    with pytest.raises(Damaged):
        CODEC.open("raw", new)


def test_structs_are_packed_and_checked() -> None:
    sender = Sender(reference="+6281200000000", name="Siti Contoh")
    sealed = CODEC.pack("sender", sender)
    assert CODEC.unpack("sender", sealed, Sender) == sender
    with pytest.raises(Damaged):
        CODEC.unpack("sender", sealed, RawEvent)
    with pytest.raises(Damaged):
        CODEC.unpack("sender", CODEC.seal("sender", b"\xc1"), Sender)


def test_a_forked_child_and_its_parent_use_different_nonces() -> None:
    codec = Codec(RING)
    codec.seal("raw", b"fills the stock")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(codec.seal("raw", b"x")[5:17] for _ in range(20)))
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    theirs = os.read(reading, 12 * 20)
    os.close(reading)
    ours = {codec.seal("raw", b"x")[5:17] for _ in range(300)}
    assert len(theirs) == 12 * 20
    assert len(ours) == 300
    assert not ours & {theirs[at : at + 12] for at in range(0, len(theirs), 12)}
