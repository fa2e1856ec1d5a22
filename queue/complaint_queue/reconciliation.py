"""The daily word to the CRM about what it should have: counts and every event id of one day, to be compared.

A day is one in Jakarta; an event belongs to the day on which the broker confirmed it, so the message of a day comes,
in the queue, after every event that it names. It is a CloudEvents message of its own type (`TYPE`) with the routing key
`reconciliation.<date>`; a day with many events comes in several chunks, each with the whole day's counts. Sent again it
is the same message.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

import aio_pika
import msgspec
from msgspec import Meta, Struct

from complaint_queue.sent import Sent
from complaint_queue.wire import CONTENT_TYPE, PREFIX, SPEC_VERSION, Delivered, rfc3339
from normalizer.errors import Unreadable
from normalizer.identity import JAKARTA

TYPE = "id.go.jakarta.aduan.reconciliation"
VERSION = "1.0"
DATA_SCHEMA = f"urn:kanal-aduan:schema:reconciliation:{VERSION}"
#: Ids of one message: about 200 KB.
CHUNK = 10_000


class Reconciliation(Struct, frozen=True, kw_only=True):
    """What the CRM should have of one day. `events` and the counts are of the whole day, `ids` are this chunk's part
    of the day's event ids in the order of their characters. `sha256` is over all the day's ids in that order, each
    followed by a line feed; `first` and `last` are the first and the last event of the day as they were written."""

    schema_version: str = VERSION
    date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
    since: Annotated[datetime, Meta(tz=True)]
    until: Annotated[datetime, Meta(tz=True)]
    events: Annotated[int, Meta(ge=0)]
    by_kind: dict[str, int]
    by_channel: dict[str, int]
    first: str = ""
    last: str = ""
    sha256: str
    chunk: Annotated[int, Meta(ge=1)] = 1
    chunks: Annotated[int, Meta(ge=1)] = 1
    ids: tuple[str, ...] = ()

    @property
    def message_id(self) -> str:
        return f"reconciliation.{self.date}.{self.chunk}"


_decoder = msgspec.json.Decoder(Reconciliation)


def span_of(day: date) -> tuple[datetime, datetime]:
    """When a day in Jakarta begins, and when the next one does."""
    begin = datetime.combine(day, time(), JAKARTA)
    return begin, datetime.combine(day + timedelta(days=1), time(), JAKARTA)


def sum_of(ids: Iterable[str]) -> str:
    """SHA-256 over event ids, which have to come in order."""
    hashed = hashlib.sha256()
    for one in ids:
        hashed.update(one.encode() + b"\n")
    return hashed.hexdigest()


def build(day: date, sent: Sequence[Sent], chunk: int = CHUNK) -> tuple[Reconciliation, ...]:
    """The day's messages; `sent` are its events in the order of their positions. One message at least."""
    since, until = span_of(day)
    ids = sorted(one.event_id for one in sent)
    parts = [tuple(ids[at : at + chunk]) for at in range(0, len(ids), chunk)] or [()]
    whole = Reconciliation(
        date=day.isoformat(),
        since=since,
        until=until,
        events=len(ids),
        by_kind=dict(sorted(Counter(one.kind for one in sent).items())),
        by_channel=dict(sorted(Counter(one.channel for one in sent).items())),
        first=sent[0].event_id if sent else "",
        last=sent[-1].event_id if sent else "",
        sha256=sum_of(ids),
        chunks=len(parts),
    )
    return tuple(
        msgspec.structs.replace(whole, chunk=number, ids=part) for number, part in enumerate(parts, 1)
    )


def message_of(found: Reconciliation, source: str) -> tuple[str, aio_pika.Message]:
    """(routing key, message). `source` is the gateway's public address."""
    return f"reconciliation.{found.date}", aio_pika.Message(
        msgspec.json.encode(found),
        content_type=CONTENT_TYPE,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=found.message_id,
        headers={
            f"{PREFIX}specversion": SPEC_VERSION,
            f"{PREFIX}type": TYPE,
            f"{PREFIX}source": source,
            f"{PREFIX}id": found.message_id,
            f"{PREFIX}time": rfc3339(found.until),
            f"{PREFIX}subject": found.date,
            f"{PREFIX}dataschema": DATA_SCHEMA,
        },
    )


def is_one(message: Delivered) -> bool:
    """Whether a message is of this type."""
    return message.headers.get(f"{PREFIX}type") == TYPE


def decode(message: Delivered) -> Reconciliation:
    """What a message says. Raises `Unreadable`."""
    try:
        found = _decoder.decode(message.body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(f"the body is no reconciliation: {error}") from None
    if message.message_id != found.message_id or found.chunk > found.chunks:
        raise Unreadable("message_id does not fit the body")
    if found.schema_version.partition(".")[0] != VERSION.partition(".")[0]:
        raise Unreadable(f"schema version {found.schema_version} is of another major version")
    return found


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the body."""
    (top,), components = msgspec.json.schema_components([Reconciliation], ref_template="#/$defs/{name}")
    for component in components.values():
        if "description" in component:
            component["description"] = " ".join(component["description"].split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": DATA_SCHEMA,
        **top,
        "$defs": components,
    }
