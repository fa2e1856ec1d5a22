"""Only the CRM's private key opens an envelope, and only for the record that it was made for."""

from __future__ import annotations

from base64 import b64decode

import pytest

from complaint_queue import seal
from normalizer.errors import Damaged, Misconfigured


@pytest.fixture
def keys() -> tuple[bytes, bytes]:
    private, public = seal.generate()
    return b64decode(private), seal.read_key(public)


def test_what_was_sealed_comes_out(keys: tuple[bytes, bytes]) -> None:
    private, public = keys
    envelope = seal.seal(public, b"Siti Contoh", b"A.1.0")
    assert b"Siti" not in envelope
    assert seal.open_sealed(private, envelope, b"A.1.0") == b"Siti Contoh"


def test_two_envelopes_of_one_text_share_nothing(keys: tuple[bytes, bytes]) -> None:
    first, second = (seal.seal(keys[1], b"sama", b"") for _ in range(2))
    assert first[1:33] != second[1:33]
    assert first[45:] != second[45:]


def test_every_changed_byte_is_noticed(keys: tuple[bytes, bytes]) -> None:
    private, public = keys
    envelope = seal.seal(public, b"x", b"A.1.0")
    for index in range(len(envelope)):
        # 0x40 and not the sign bit of the point, which X25519 ignores.
        changed = envelope[:index] + bytes((envelope[index] ^ 0x40,)) + envelope[index + 1 :]
        with pytest.raises(Damaged):
            seal.open_sealed(private, changed, b"A.1.0")


def test_another_key_record_or_a_cut_envelope_opens_nothing(keys: tuple[bytes, bytes]) -> None:
    private, public = keys
    envelope = seal.seal(public, b"x", b"A.1.0")
    for key, data, record in (
        (b64decode(seal.generate()[0]), envelope, b"A.1.0"),
        (private, envelope, b"B.1.0"),
        (private, envelope[:40], b"A.1.0"),
        (private, b"", b"A.1.0"),
    ):
        with pytest.raises(Damaged):
            seal.open_sealed(key, data, record)


@pytest.mark.parametrize("text", ["", "bukan kunci", "AAAA", "ÿ"])
def test_a_wrong_key_is_named_and_not_repeated(text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        seal.read_key(text)
    assert caught.value.setting == "broker.crm_public_key"
    assert not text or text not in str(caught.value)
