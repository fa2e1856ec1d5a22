"""Mentions that say where they stand and not in which words: set aside, asked for, and read with the answer.

Such a mention is kept as a raw event of its own, so that it holds up none of its batch; before it is parsed, the
adapter asks the Graph API and puts what it heard into the event's envelope. The parser stays pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from adapters.base import Parted
from adapters.shared.meta_batch import BROKEN, Change, Id, framed, text_of
from normalizer.record import RawEvent

#: The envelope's key for what was heard, as JSON: an object of `Words` by the mention's id.
HEARD = "mentions"


class Mention(NamedTuple):
    """Where somebody named us: a post (or medium), and the comment under it if it was there."""

    post: str
    comment: str = ""

    @property
    def id(self) -> str:
        return self.comment or self.post


class Words(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the Graph API tells of a mention; `at` as Meta writes times, `files` are addresses at Meta."""

    text: str = ""
    sender_id: str = ""
    name: str = ""
    handle: str = ""
    at: str = ""
    permalink: str = ""
    files: tuple[str, ...] = ()


#: Tells whether a change is such a mention, and of what.
Wordless = Callable[[Change], Mention | None]


class _Change(Struct, frozen=True):
    field: str | None = None
    value: Raw = Raw(b"null")


class _Frame(Struct, frozen=True):
    object: Raw
    entry: tuple[dict[str, Raw], ...]


def heard(raw: RawEvent) -> Mapping[str, Words]:
    """What `prepare` has put into the envelope; empty before that."""
    return msgspec.json.decode(raw.envelope.get(HEARD, "{}"), type=dict[str, Words])


def with_heard(raw: RawEvent, words: Mapping[str, Words]) -> RawEvent:
    return replace(raw, envelope={**raw.envelope, HEARD: msgspec.json.encode(words).decode()})


def part(raw: RawEvent, ours: str, wordless: Wordless) -> Parted:
    """Take the wordless mentions of account `ours` out of `raw`. What cannot be read stays where it is."""
    if b"mention" not in raw.body:
        return Parted(raw, ())
    try:
        frame = framed(raw.body, _Frame)
        rest: list[dict[str, Raw]] = []
        aside: list[RawEvent] = []
        for entry in frame.entry:
            if _id(entry) not in ("", ours):
                rest.append(entry)
                continue
            kept, taken = _entry(entry, wordless)
            rest += kept
            aside += [replace(raw, body=_body(frame.object, [one])) for one in taken]
    except BROKEN:
        return Parted(raw, ())
    return Parted(replace(raw, body=_body(frame.object, rest)) if aside else raw, aside)


def mentions(body: bytes, ours: str, wordless: Wordless) -> Sequence[Mention]:
    """The wordless mentions of `ours` in a body, in Meta's order."""
    try:
        frame = framed(body, _Frame)
        return [
            mention
            for entry in frame.entry
            if _id(entry) in ("", ours)
            for change in _changes(entry)
            if (mention := _mention(change, wordless))
        ]
    except BROKEN:
        return ()


def _entry(entry: dict[str, Raw], wordless: Wordless) -> tuple[list[dict[str, Raw]], list[dict[str, Raw]]]:
    """What of an entry stays, and each mention in an entry of its own; both are empty or more entries."""
    frame = {key: entry[key] for key in ("id", "time") if key in entry}
    changes = _changes(entry)
    taken = [change for change in changes if _mention(change, wordless)]
    if not taken:
        return [entry], []
    stays = [change for change in changes if change not in taken]
    rest = {key: value for key, value in entry.items() if key not in ("changes", "field", "value")}
    if stays:
        rest["changes"] = Raw(msgspec.json.encode(stays))
    asides = [{**frame, "changes": Raw(msgspec.json.encode([change]))} for change in taken]
    return ([rest] if rest.keys() - frame.keys() else []), asides


def _changes(entry: dict[str, Raw]) -> list[Raw]:
    """The changes of an entry, also the one that stands in the entry itself."""
    found = msgspec.json.decode(entry["changes"], type=list[Raw] | None) if "changes" in entry else None
    changes = list(found or ())
    if "field" in entry:
        own = {key: entry[key] for key in ("field", "value") if key in entry}
        changes.append(Raw(msgspec.json.encode(own)))
    return changes


def _mention(change: Raw, wordless: Wordless) -> Mention | None:
    try:
        found = msgspec.json.decode(change, type=_Change)
        return wordless(Change(found.field or "", found.value))
    except BROKEN:
        return None


def _id(entry: dict[str, Raw]) -> str:
    return text_of(msgspec.json.decode(entry["id"], type=Id | None)) if "id" in entry else ""


def _body(kind: Raw, entries: Sequence[dict[str, Raw]]) -> bytes:
    return msgspec.json.encode({"object": kind, "entry": entries})
