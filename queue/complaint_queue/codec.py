"""The seat of encryption at rest: every stored body passes through a `Codec`.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. A sealed body is

    version (1 byte, 1) | key id (4) | nonce (12) | ciphertext and tag

and its purpose is associated data, so that a body moved to another place does not open there. Random nonces
are good for 2^32 bodies a key: rotate before (`Keyring.rotated`).
"""

from __future__ import annotations

import os
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from normalizer.errors import Damaged

from .keys import Keyring

T = TypeVar("T")

_VERSION = b"\x01"
_HEAD = 17
_STOCK = 256
_decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}
_encode = msgspec.msgpack.Encoder().encode


class Codec:
    """Seals with the newest body key of `keyring`, opens with whichever one a body names."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self._prefix = _VERSION + keyring.newest.id
        self._seal = AESGCM(keyring.newest.secret).encrypt
        self._nonces: list[bytes] = []
        # A forked child must not use the nonces that its parent is going to use.
        os.register_at_fork(after_in_child=self._nonces.clear)
        self._open = {_VERSION + key.id: AESGCM(key.secret).decrypt for key in keyring.bodies}

    def seal(self, purpose: str, plain: bytes) -> bytes:
        """`plain` encrypted; it opens for the same `purpose` alone."""
        try:
            nonce = self._nonces.pop()
        except IndexError:
            nonce = self._fresh()
        return b"".join((self._prefix, nonce, self._seal(nonce, plain, purpose.encode())))

    def _fresh(self) -> bytes:
        """A nonce, and a stock of more.

        Each visit to the system gives up the interpreter's lock, which under load takes longer to get back than
        sealing takes.
        """
        random = os.urandom(12 * _STOCK)
        self._nonces.extend(random[at : at + 12] for at in range(12, len(random), 12))
        return random[:12]

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """What was sealed. Raises `Damaged` when a bit differs, the purpose does, or the key is not ours."""
        opener = self._open.get(sealed[:5])
        if opener is None:
            raise Damaged(
                "a stored {purpose} was sealed with a key that is not in the key file", purpose=purpose
            )
        try:
            return opener(sealed[5:_HEAD], sealed[_HEAD:], purpose.encode())
        except (InvalidTag, ValueError):
            raise Damaged("a stored {purpose} is not what was stored", purpose=purpose) from None

    def pack(self, purpose: str, value: Any) -> bytes:
        """`value`, a Struct or plain data, as sealed MessagePack."""
        return self.seal(purpose, _encode(value))

    def unpack(self, purpose: str, sealed: bytes, kind: type[T]) -> T:
        """What `pack` was given, as a `kind`. Raises `Damaged`, also when it is no `kind`."""
        return decode(self.open(purpose, sealed), kind)


def decode(plain: bytes, kind: type[T]) -> T:
    """MessagePack as a `kind`. Raises `Damaged` when it is none."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        value: T = decoder.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(
            "a stored {what} cannot be read: {why}", what=getattr(kind, "__name__", kind), why=error
        ) from None
    return value
