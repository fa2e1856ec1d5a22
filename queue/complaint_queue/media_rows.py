"""What both journals know of files: when one is to be read, and under which name what was read is kept."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Any

from normalizer.errors import Damaged
from normalizer.media import is_read
from normalizer.ports import MediaFacts
from normalizer.record import Attachment

from .codec import Codec
from .journal import MediaStep, StoredMessage

#: As the column `step` has them.
STEPS: tuple[MediaStep, ...] = ("fetch", "read")


def step_of(attachment: Attachment) -> MediaStep | None:
    """What is to be done with a file next; None: nothing."""
    if attachment.state == "pending" and attachment.remote:
        return "fetch"
    return "read" if is_read(attachment) else None


def facts_name(codec: Codec, sha256: str) -> bytes:
    """16 bytes that stand for a content: whoever has the journal alone cannot tell who sent a known picture."""
    return hmac.digest(codec.keyring.naming, b"media:" + sha256.encode(), "sha256")[:16]


def contents(messages: Iterable[StoredMessage]) -> list[str]:
    """The SHA-256 of every stored file of these messages."""
    return list(dict.fromkeys(a.sha256 for m in messages for a in m.message.attachments if a.sha256))


def opened_facts(codec: Codec, sha256: Sequence[str], rows: Iterable[Any]) -> dict[str, MediaFacts]:
    """What was read, by content. A row that does not open is left out: the file itself says it all."""
    names = {facts_name(codec, one): one for one in sha256}
    found = {}
    for name, sealed in rows:
        try:
            found[names[bytes(name)]] = codec.unpack("media", sealed, MediaFacts)
        except Damaged:
            continue
    return found
