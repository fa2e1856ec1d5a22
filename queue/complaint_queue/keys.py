"""The gateway's own keys: for what it stores, and for the names it gives to people and groups.

A key comes from the environment (`KANAL_KEY`) or from a file that is made on first start. Body keys can be
rotated: the newest seals, all of them open. The identity key never changes: people are looked up by it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from normalizer.errors import Misconfigured
from normalizer.sentence import because

VARIABLE = "KANAL_KEY"
SETTING = "journal.key"
KEY_BYTES = 32


class BodyKey:
    """One AES-256 key with the four bytes by which sealed data name it."""

    __slots__ = ("id", "secret")

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.id = hashlib.blake2b(secret, digest_size=4, person=b"kanal.keyid").digest()

    def derive(self, purpose: bytes) -> bytes:
        """32 bytes for one purpose, from which neither the key nor another purpose's bytes can be found."""
        return hmac.digest(self.secret, b"kanal.derive\x00" + purpose, "sha256")

    def __repr__(self) -> str:
        return f"BodyKey(id={self.id.hex()})"


class Keyring:
    """The body keys, the newest first, and the identity key (32 bytes, for `normalizer.identity.Secrets`)."""

    def __init__(self, bodies: Sequence[bytes], identity: bytes) -> None:
        if not bodies or any(len(key) != KEY_BYTES for key in (*bodies, identity)):
            raise ValueError(f"every key has {KEY_BYTES} bytes, and there is at least one body key")
        self.bodies = tuple(BodyKey(secret) for secret in bodies)
        self.newest = self.bodies[0]
        self.by_id = {key.id: key for key in self.bodies}
        self.identity_key = identity

    def rotated(self) -> Keyring:
        """The same ring with a fresh body key in front."""
        return Keyring([os.urandom(KEY_BYTES), *(key.secret for key in self.bodies)], self.identity_key)

    @property
    def naming(self) -> bytes:
        """The key for names of stored files; it follows the identity key, so it outlives a rotation."""
        return hmac.digest(self.identity_key, b"kanal.file-names", "sha256")

    def __repr__(self) -> str:
        return f"Keyring({len(self.bodies)} body keys)"


class _KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the key file holds, as JSON. `check` notices a damaged character."""

    format: int
    bodies: tuple[bytes, ...]
    identity: bytes
    check: str

    def sum(self) -> str:
        return hashlib.sha256(b"".join((*self.bodies, self.identity))).hexdigest()[:16]


def load_or_create(path: Path, environment: Mapping[str, str]) -> Keyring:
    """The keys from `KANAL_KEY`, else from `path`, which is made (mode 600, synced) when it is not there.

    Raises `Misconfigured` with the cure when the variable or the file cannot be used.
    """
    if value := environment.get(VARIABLE, "").strip():
        return from_text(value)
    try:
        return _read(path)
    except FileNotFoundError:
        keyring = Keyring([os.urandom(KEY_BYTES)], os.urandom(KEY_BYTES))
        return keyring if save(path, keyring, replace=False) else _read(path)


def from_text(value: str) -> Keyring:
    """Keys written as base64, 32 bytes or more each, separated by commas, the newest first.

    The last one also makes the identity key, so it stays at its place for as long as the journal lives.
    """
    seeds = []
    for part in value.split(","):
        try:
            seeds.append(base64.b64decode(part.strip(), validate=True))
        except (binascii.Error, ValueError):
            raise Misconfigured(
                VARIABLE, "is not base64", "make one with: head -c 32 /dev/urandom | base64"
            ) from None
        if len(seeds[-1]) < KEY_BYTES:
            raise Misconfigured(
                VARIABLE,
                "holds a key of {size} bytes",
                "use at least {least} bytes: head -c 32 /dev/urandom | base64",
                size=len(seeds[-1]),
                least=KEY_BYTES,
            )
    bodies = [hmac.digest(seed, b"kanal.body", "sha256") for seed in seeds]
    return Keyring(bodies, hmac.digest(seeds[-1], b"kanal.identity", "sha256"))


def _read(path: Path) -> Keyring:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Misconfigured(
            SETTING,
            "{path} cannot be read ({why})",
            "let the gateway's user own it, mode 600",
            path=path,
            why=because(error),
        ) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise Misconfigured(SETTING, "{path} is not a file", "name the key file itself", path=path)
        if mode & 0o077:
            raise Misconfigured(
                SETTING,
                "{path} may be read by others (mode {mode:o})",
                "run: chmod 600 {path}",
                path=path,
                mode=mode & 0o777,
            )
        content = os.read(descriptor, 65536)
    finally:
        os.close(descriptor)
    try:
        held = msgspec.json.decode(content, type=_KeyFile)
        if held.format != 1 or not hmac.compare_digest(held.sum(), held.check):
            raise ValueError
        return Keyring(held.bodies, held.identity)
    except ValueError:  # msgspec's own errors are ValueErrors too
        raise Misconfigured(
            SETTING,
            "{path} is damaged",
            "put back the copy from your backup; without it nothing in the journal can be read. "
            "Only for a journal that is empty, delete the file and start again",
            path=path,
        ) from None


def save(path: Path, keyring: Keyring, *, replace: bool = True) -> bool:
    """Write the keys to `path`, mode 600, synced with its folder; False when it is there and not replaced."""
    bodies = tuple(key.secret for key in keyring.bodies)
    held = _KeyFile(format=1, bodies=bodies, identity=keyring.identity_key, check="")
    held = msgspec.structs.replace(held, check=held.sum())
    beside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(held) + b"\n")
                file.flush()
                os.fsync(descriptor)
            if replace:
                beside.rename(path)
            else:
                os.link(beside, path)  # fails when another start was quicker: then its key counts
        except FileExistsError:
            return False
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise Misconfigured(
            SETTING,
            "{path} cannot be written ({why})",
            "let the gateway's user write to the folder, or set KANAL_KEY",
            path=path,
            why=because(error),
        ) from None
    return True


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, as `fsync` of a file does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
