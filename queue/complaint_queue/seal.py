"""Sealing to the CRM's public key: what a confidential complaint hides, only the CRM can open.

An envelope is `version (1) | ephemeral public key (32) | nonce (12) | ciphertext and tag`, in base64 on the wire.
Version 1: X25519 (RFC 7748) with a key pair made for this envelope alone, HKDF-SHA256 (RFC 5869) over the shared
secret with both public keys in its info, AES-256-GCM. `associated` is bound to the ciphertext, not sent: the CRM
gives the event's id, so that an envelope cannot be moved to another record.
"""

from __future__ import annotations

import binascii
import os
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from normalizer.errors import Damaged, Misconfigured

VERSION = 1
_KEY, _NONCE, _TAG = 32, 12, 16


def generate() -> tuple[str, str]:
    """A new key pair as base64: (private key, for the CRM alone; public key, for `broker.crm_public_key`)."""
    private = X25519PrivateKey.generate()
    return (
        b64encode(private.private_bytes_raw()).decode(),
        b64encode(private.public_key().public_bytes_raw()).decode(),
    )


def read_key(text: str, setting: str = "broker.crm_public_key") -> bytes:
    """The 32 raw bytes behind base64. Raises `Misconfigured`, which does not repeat the value."""
    try:
        key = b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY:
        raise Misconfigured(
            setting, "is not an X25519 key", "write its 32 raw bytes as base64 (44 characters)"
        )
    return key


def seal(public_key: bytes, plain: bytes, associated: bytes) -> bytes:
    """An envelope for the holder of the private key. ValueError when the key is none."""
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key))
    mine = ephemeral.public_key().public_bytes_raw()
    nonce = os.urandom(_NONCE)
    head = bytes((VERSION,)) + mine + nonce
    return head + AESGCM(_derive(shared, mine, public_key)).encrypt(nonce, plain, head + associated)


def open_sealed(private_key: bytes, envelope: bytes, associated: bytes) -> bytes:
    """What was sealed. Raises `Damaged` for another version, key, record, or a changed byte."""
    if len(envelope) < 1 + _KEY + _NONCE + _TAG:
        raise Damaged("the envelope is too short")
    if envelope[0] != VERSION:
        raise Damaged(
            "the envelope has version {version}; this program opens version {ours}",
            version=envelope[0],
            ours=VERSION,
        )
    head, theirs = envelope[: 1 + _KEY + _NONCE], envelope[1 : 1 + _KEY]
    private = X25519PrivateKey.from_private_bytes(private_key)
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(theirs))
        key = _derive(shared, theirs, private.public_key().public_bytes_raw())
        return AESGCM(key).decrypt(head[1 + _KEY :], envelope[len(head) :], head + associated)
    except (InvalidTag, ValueError):
        raise Damaged("the envelope does not open: another key, another record, or it was changed") from None


def _derive(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    info = b"kanal-aduan.seal.1" + ephemeral + recipient
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(shared)
