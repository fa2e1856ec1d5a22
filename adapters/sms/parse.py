"""From a provider's request to messages: pure, the same for every provider.

A sender becomes a person (`phone.py`), a message without id gets one that a retry finds again, and the parts of a
long SMS get the group that joins them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from adapters.base import Accepted, Ignored, Item, NotRead
from adapters.sms.phone import person
from adapters.sms.providers.base import Found, Part, Provider, Sms
from normalizer.record import Group, Message, RawEvent

#: Seconds to wait for the missing part of a long SMS before what is there is filed.
PART_SILENCE = 120.0


def parse(provider: Provider[Any], raw: RawEvent, region: str) -> Sequence[Item]:
    """What `raw` says, one item per message. Raises `Unreadable` when nothing in it can be read."""
    return [_item(found, region) for found in provider.read(raw)]


def _item(found: Found, region: str) -> Item:
    if not isinstance(found, Sms):
        return found
    if not found.sender.strip():
        return NotRead(reason="the message names no sender", external_id=found.id)
    if not (found.id or found.time):
        return NotRead(
            reason="the message has neither id nor time, so a repetition could not be told from it"
        )
    sender = person(found.sender, region, found.name)
    external_id = found.id or _derived(sender.reference, found)
    # A blank part still counts towards its long SMS: without it the others would wait for nothing.
    blank = not found.text.strip() and not found.part
    if blank and not found.attachments and found.place.coordinates is None:
        return Ignored(reason="empty", external_id=external_id)
    reply_to = {}
    if sender.contacts:
        reply_to = {"to": found.scheme + sender.reference, "from": found.receiver}
    return Accepted(
        message=Message(
            external_id=external_id,
            sent_at=found.sent_at,
            sender=sender,
            text=found.text,
            original_text=found.original,
            attachments=found.attachments,
            place=found.place,
            group=_group(found.part),
            parts_joiner="" if found.part else "\n",
            channel=found.channel,
            reply_to=reply_to,
        )
    )


def _derived(reference: str, sms: Sms) -> str:
    """An id for a message that came without: sender, provider's time, and text; each part of a long SMS its own."""
    part = f"{sms.part.reference}/{sms.part.number}" if sms.part else ""
    words = "\x1f".join((reference, sms.time, part, sms.words or sms.text))
    return "derived-" + hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _group(part: Part | None) -> Group | None:
    """The long SMS that a part belongs to. The journal binds the key to account and sender besides."""
    if part is None:
        return None
    return Group(
        key=f"parts-{part.reference}-{part.total}", parts=part.total, order=part.number, silence=PART_SILENCE
    )
