"""The frame of every webhook body of Meta: object, entries, and in them messaging events and changes.

One body holds up to a thousand updates of several accounts; each has its own fate, and one that cannot be read
costs no other. developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from adapters.base import Ignored, Item, NotRead
from normalizer.errors import Unreadable

X = TypeVar("X")
S = TypeVar("S", bound=Struct)
#: Meta writes ids as strings; older fields and its own test button write numbers.
Id = str | int
#: What decoding may raise, whatever the bytes are.
BROKEN = (msgspec.DecodeError, RecursionError, UnicodeError)
#: The account of the invented events behind the "Test" buttons of Meta's console.
TEST_ENTRY = "0"
#: Fields that name an item, in the order in which they are believed.
_NAMES = ("mid", "comment_id", "post_id", "media_id", "id")
#: One escape of JSON: a whole surrogate pair (first group), a lone half of one (second), or any other.
_ESCAPE = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


class Change(Struct, frozen=True):
    """One change: `field` names its kind, `value` is still JSON; `time` is when Meta sent its entry."""

    field: str = ""
    value: Raw = Raw(b"null")
    time: datetime | None = None


class Entry(Struct, frozen=True):
    """The updates of one account, in Meta's order."""

    id: str
    messaging: tuple[Raw, ...] = ()
    changes: tuple[Change, ...] = ()


class _Body(Struct, frozen=True):
    object: str
    entry: tuple[Raw, ...] | None = None


class _Entry(Struct, frozen=True):
    id: Id | None = None
    time: Any = None
    messaging: tuple[Raw, ...] | None = None
    standby: tuple[Raw, ...] | None = None
    changes: tuple[Raw, ...] | None = None
    field: str | None = None
    value: Raw = Raw(b"null")


class _Change(Struct, frozen=True):
    field: str | None = None
    value: Raw = Raw(b"null")


def entries(body: bytes, wanted: str, ours: str = "") -> Iterator[Entry | Ignored | NotRead]:
    """The entries of `body` that are about object `wanted` and account `ours` (empty: any); the others' fates.

    Raises `Unreadable` when even the frame cannot be read.
    """
    try:
        frame = framed(body, _Body)
    except BROKEN as error:
        raise Unreadable(f"not a webhook of Meta: {str(error)[:200]}") from None
    if frame.object != wanted:
        yield Ignored(reason="other_account", detail=f"object {frame.object[:40]}")
        return
    if not frame.entry:
        yield Ignored(reason="empty", detail="no entry")
        return
    for raw in frame.entry:
        yield from _entry(raw, ours)


def framed(body: bytes, kind: type[S]) -> S:
    """`body` as `kind`. Raises what is in `BROKEN`.

    A text that was cut within an emoji leaves half of it, which would make the whole body unreadable: that half is
    replaced by U+FFFD, and only then.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError:
        mended = _ESCAPE.sub(lambda found: b"\\ufffd" if found[2] else found[0], body)
        if mended == body:
            raise
        return msgspec.json.decode(mended, type=kind)


def _entry(raw: Raw, ours: str) -> Iterator[Entry | Ignored | NotRead]:
    try:
        found = msgspec.json.decode(raw, type=_Entry)
    except BROKEN as error:
        yield NotRead(reason=_why(error))
        return
    time = moment(found.time)
    # `standby` holds what citizens write while another app (the page's own inbox) has the conversation.
    messaging = (*(found.messaging or ()), *(found.standby or ()))
    changes: list[Change] = []
    for one in found.changes or ():
        try:
            change = msgspec.json.decode(one, type=_Change)
        except BROKEN as error:
            yield not_read(error, one)
            continue
        changes.append(Change(change.field or "", change.value, time))
    if found.field:
        changes.append(Change(found.field, found.value, time))
    name = "" if found.id is None else str(found.id)
    if not messaging and not changes:
        yield Ignored(reason="empty", external_id=name, detail="entry without updates")
    elif name == TEST_ENTRY:
        for update in (*messaging, *(change.value for change in changes)):
            yield Ignored(reason="handshake", external_id=name_of(update), detail="Meta's test button")
    elif ours and name and name != ours:
        for update in (*messaging, *(change.value for change in changes)):
            yield Ignored(reason="other_account", external_id=name_of(update), detail=f"entry {name[:40]}")
    else:
        yield Entry(name, messaging, tuple(changes))


def updates(
    body: bytes,
    wanted: str,
    ours: str,
    event: Callable[[Raw], Sequence[Item]],
    change: Callable[[Change], Item],
) -> list[Item]:
    """Every update in `body`, in Meta's order: private ones by `event`, public ones by `change`.

    A messaging event may also stand in a change, whose field then begins with `messag`. Raises `Unreadable` when the
    frame cannot be read.
    """
    items: list[Item] = []
    for entry in entries(body, wanted, ours):
        if not isinstance(entry, Entry):
            items.append(entry)
            continue
        for raw in entry.messaging:
            items += guarded(partial(event, raw), raw)
        for one in entry.changes:
            private = one.field.startswith("messag") and _is_event(one.value)
            read = partial(event, one.value) if private else partial(alone, change, one)
            items += guarded(read, one.value)
    return items


def _is_event(value: Raw) -> bool:
    try:
        return "sender" in msgspec.json.decode(value, type=dict[str, Raw])
    except BROKEN:
        return False


def alone(read: Callable[[X], Item], what: X) -> Sequence[Item]:
    """What `read` makes of `what`, as the sequence that `guarded` gives."""
    return (read(what),)


def guarded(read: Callable[[], Sequence[Item]], raw: Raw) -> Sequence[Item]:
    """What `read` makes of `raw`; `NotRead`, naming the field and never its value, when it cannot."""
    try:
        return read()
    except BROKEN as error:
        return (not_read(error, raw),)
    except Unreadable as error:
        return (NotRead(reason=error.reason, external_id=name_of(raw)),)


def not_read(error: BaseException, raw: Raw) -> NotRead:
    """The fate of `raw`, which `error` (one of `BROKEN`) kept from being read."""
    return NotRead(reason=_why(error), external_id=name_of(raw))


def _why(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]


def name_of(raw: Raw) -> str:
    """The id of an item whose fate is decided before it is read, as far as one is in sight."""
    try:
        found = msgspec.json.decode(raw)
    except BROKEN:
        return ""
    if not isinstance(found, dict):
        return ""
    for place in (found, *(found.get(key) for key in ("message", "message_edit", "postback"))):
        if isinstance(place, dict):
            for name in _NAMES:
                value = place.get(name)
                if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                    return str(value)[:300]
    return ""


def moment(written: Any) -> datetime | None:
    """Meta's time in UTC: seconds, milliseconds or microseconds since 1970, as number or text, or ISO 8601.

    None for nonsense: a strange time must not cost us the message.
    """
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        return None
    try:
        if isinstance(written, str):
            text = written.strip()
            if not (text.isascii() and text.isdigit()):
                found = datetime.fromisoformat(text)
                return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
            written = int(text)
        while written > 100_000_000_000:  # later than the year 5000, so not seconds
            written /= 1000
        return datetime.fromtimestamp(written, UTC) if written > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def derived_id(*parts: object) -> str:
    """An id for an item that Meta gave none, from what its repetition repeats."""
    joined = "\x1f".join(str(part) for part in parts)
    return f"derived-{hashlib.sha256(joined.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def text_of(value: Id | None) -> str:
    """An id as text; empty when it is absent."""
    return "" if value is None else str(value)
