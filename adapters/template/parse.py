"""What the invented provider's bytes say: pure, so no network, no clock, no randomness, no settings beyond arguments.

Pure, because the same bytes are read again: after a crash, and when an operator replays what was in quarantine.
The same bytes then have to give the same ids, or one complaint would become two.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from adapters.base import Accepted, Ignored, Item, Receipt
from normalizer.errors import Unreadable
from normalizer.record import Message, RawEvent, Sender


class Writer(Struct, frozen=True):
    """Who wrote. Fields that we do not use are not listed: a provider may add any without breaking us."""

    id: str
    name: str = ""


class Payload(Struct, frozen=True, rename={"sender": "from"}):
    """The JSON body, typed. `sender` is `from` in the JSON, a word that Python keeps for itself.

    `type` is `message`, `receipt` for what became of our answers, or a word of tomorrow; `origin` is `us` for an echo.
    """

    id: str
    sender: Writer
    type: str = "message"
    text: str = ""
    time: str = ""
    origin: str = ""


def parse(raw: RawEvent, zone: ZoneInfo) -> Sequence[Item]:
    """The one message in `raw`. Raises `Unreadable` when the body is not the provider's JSON.

    A provider that sends batches returns one item per message here, in their order; there, an item that cannot be
    read becomes `NotRead`, and the others go on.
    """
    try:
        payload = msgspec.json.decode(raw.body, type=Payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        # Authentic, yet not understood: kept whole in quarantine, where an operator sees and replays it. The text
        # goes into the log, so it names the place and holds nothing of what the citizen wrote.
        raise Unreadable(f"not the provider's JSON: {type(error).__name__}") from None
    # What is no complaint has a reason out of a small set, is counted, and is never dropped in silence.
    if payload.type == "receipt":
        # What the provider says about an answer of ours; the gateway keeps the state beside that answer.
        return [Receipt(external_id=payload.id, state="delivered")]
    if payload.type != "message":
        return [Ignored(reason="unsupported", external_id=payload.id, detail=payload.type[:40])]
    if payload.origin == "us":
        return [Ignored(reason="own_echo", external_id=payload.id)]
    if not payload.text.strip():
        return [Ignored(reason="empty", external_id=payload.id)]
    return [Accepted(message=_message(payload, zone))]


def _message(payload: Payload, zone: ZoneInfo) -> Message:
    return Message(
        # The provider's own id: a repetition has the same one, and is recognised by it.
        external_id=payload.id,
        sent_at=_moment(payload.time, zone),
        # `reference` is the same for one person each time; names change, so a name is none.
        sender=Sender(reference=payload.sender.id, name=payload.sender.name),
        # As it was written. Cleaning is the normaliser's work, the same for all channels.
        text=payload.text,
        # All that `reply` needs to answer; nobody else reads it.
        reply_to={"to": payload.sender.id},
    )


def _moment(written: str, zone: ZoneInfo) -> datetime | None:
    """The provider's time in UTC. None for nonsense: a strange time must not cost us the message."""
    try:
        moment = datetime.fromisoformat(written)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
