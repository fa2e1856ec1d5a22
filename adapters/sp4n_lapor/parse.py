"""What LAPOR's items say, by the operator's mapping: pure. Pulled or pushed, the same report has the same ids.

A report gives one message; edited, two: the report itself, which whoever knows it has claimed already, and the edit.
What was said later, inside of the report or as an item of its own, follows it. All that belongs to one report bears one
group key, so that it becomes one record in whatever order it comes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.base import Accepted, Ignored, Item, NotRead
from adapters.sp4n_lapor.content import attachments, identity, link, place, sender
from adapters.sp4n_lapor.frame import BROKEN, cut
from adapters.sp4n_lapor.reading import flag, listed, moment, plain, text, walk
from adapters.sp4n_lapor.settings import LaporSettings, Role
from normalizer.errors import Unreadable
from normalizer.record import Authenticity, Group, Message, RawEvent, Sender

#: The envelope's `transport` of an item that we asked for; its body is that one item.
PULLED = "pull"
#: What was said later is read up to so many entries of one report.
MOST_UPDATES = 500
#: Why somebody else's comment waits for a person: it is no complaint of its own, and not the reporter's word.
BY_ANOTHER = "comment_by_another"


class Mapping(Struct, frozen=True, kw_only=True):
    """The settings as the parser needs them: words in lower case, the zone, how origin was proved."""

    settings: LaporSettings
    zone: ZoneInfo
    kinds: dict[str, str]
    categories: dict[str, str]
    roles: dict[str, Role]
    no: frozenset[str]
    proof: str = "none"

    @classmethod
    def of(cls, settings: LaporSettings) -> Mapping:
        """Raises `KeyError`, `ValueError` or `OSError` for a zone that is none."""
        return cls(
            settings=settings,
            zone=ZoneInfo(settings.time_zone),
            kinds=_folded(settings.kinds),
            categories=_folded(settings.categories),
            roles=_folded(settings.updates.roles),
            no=frozenset(word.strip().lower() for word in settings.no),
        )


def parse(raw: RawEvent, mapping: Mapping) -> Sequence[Item]:
    """Every message in `raw`. Raises `Unreadable` when not even the batch can be cut into items."""
    s = mapping.settings
    if raw.envelope.get("transport") == PULLED:
        # XML was cut into JSON items already; an empty body only moves the cursor.
        bodies = [raw.body] if raw.body else []
    else:
        bodies = cut(raw.body, s.push.items, s.format)
    return [item for body in bodies for item in read_item(body, mapping)]


def read_item(body: bytes, mapping: Mapping) -> list[Item]:
    """What one item says; `NotRead`, naming the field and never its value, when it cannot be read."""
    number = ""
    try:
        value = msgspec.json.decode(body)
        if not isinstance(value, dict):
            return [NotRead(reason="the item is no table of fields")]
        number = identity(walk(value, mapping.settings.fields.number)) or ""
        return _Reader(value, mapping).items()
    except Unreadable as error:
        return [NotRead(reason=error.reason, external_id=number)]
    except BROKEN as error:
        return [NotRead(reason=f"the item is broken: {type(error).__name__}", external_id=number)]


class _Reader:
    """One item under one mapping."""

    def __init__(self, item: dict[str, Any], mapping: Mapping) -> None:
        self._item, self._mapping, self._s = item, mapping, mapping.settings
        fields = self._s.fields
        number = identity(self._at(fields.number))
        if not number:
            raise Unreadable(f"there is no number at {fields.number!r} (fields.number)")
        self._number = number
        self._sender = sender(item, fields, number)

    def items(self) -> list[Item]:
        word = plain(self._at(self._s.fields.kind))
        kind = self._mapping.kinds.get(word.lower()) if word else "report"
        if kind == "report":
            return [*self._report(), *self._updates()]
        if kind == "comment":
            return [self._comment(self._item, "reporter", self._s.fields.comment_id, self._sender)]
        if kind == "office":
            return [Ignored(reason="own_echo", external_id=self._number, detail=word[:40])]
        if kind == "ignored":
            return [Ignored(reason="unsupported", external_id=self._number, detail=word[:40])]
        # It may be a complaint of a sort that came with LAPOR's last release: a person has to say.
        raise Unreadable(f"the kind {word[:40]!r} is not in kinds: add it there, then replay this")

    def _at(self, path: str) -> Any:
        return walk(self._item, path) if path else None

    # the report

    def _report(self) -> list[Item]:
        fields = self._s.fields
        title, words = self._words(fields.title), self._words(fields.text)
        files = attachments(self._item, self._s)
        if not (title or words or files):
            return [Ignored(reason="empty", external_id=self._number)]
        coded = plain(self._at(fields.category)).lower()
        first = Message(
            external_id=self._number,
            sent_at=moment(self._at(fields.time), self._mapping.zone, self._s.time_format),
            sender=self._sender,
            subject=title,
            text=words or title,
            attachments=files,
            place=place(self._item, fields),
            category=self._mapping.categories.get(coded, ""),
            confidential=self._flag(fields.confidential),
            anonymous=self._flag(fields.anonymous),
            permalink=link(plain(self._at(fields.permalink))),
            **self._common(),
        )
        version = plain(self._at(fields.version))[:100]
        if not version or version == fields.first_version:
            return [Accepted(message=first)]
        edit = replace(first, verb="edit", version=version, follows=(self._number,))
        return [Accepted(message=first), Accepted(message=edit)]

    def _words(self, path: str) -> str:
        found = text(self._at(path))
        if found is None:
            raise Unreadable(f"what lies at {path!r} is no text")
        return found

    def _flag(self, path: str) -> bool:
        """A flag that LAPOR ought to send and did not counts as set; without a path LAPOR has none."""
        if not path:
            return False
        found = self._at(path)
        return True if found is None else flag(found, self._mapping.no)

    def _common(self) -> dict[str, Any]:
        """What all messages about one report share."""
        return {
            "group": Group(key=f"laporan:{self._number}", silence=0.0),
            "thread_id": self._number,
            "lapor_number": self._number,
            "reply_to": {"id": self._number},
            "authenticity": Authenticity(method=self._mapping.proof),
        }

    # what was said later

    def _updates(self) -> list[Item]:
        names = self._s.updates
        found: list[Item] = []
        for entry in listed(self._at(names.items))[:MOST_UPDATES]:
            if not isinstance(entry, dict):
                found.append(
                    NotRead(reason=f"an entry of {names.items!r} is no table", external_id=self._number)
                )
                continue
            word = plain(walk(entry, names.role)) if names.role else ""
            # Without a role it is the reporter's: whatever is not surely something else counts.
            role = self._mapping.roles.get(word.lower(), "other" if word else "reporter")
            try:
                found.append(self._update(entry, role))
            except Unreadable as error:
                found.append(NotRead(reason=error.reason, external_id=self._number))
        return found

    def _update(self, entry: dict[str, Any], role: Role) -> Item:
        names = self._s.updates
        own = identity(walk(entry, names.id)) if names.id else None
        if role == "office":
            return Ignored(reason="own_echo", external_id=self._later(own or ""), detail="tindak_lanjut")
        who = Sender(reference=f"lain:{self._number}:{own or ''}") if role == "other" else self._sender
        return self._comment(entry, role, names.id, who, names.text, names.time)

    def _comment(
        self,
        entry: dict[str, Any],
        role: Role,
        id_path: str,
        who: Sender,
        text_path: str = "",
        time_path: str = "",
    ) -> Item:
        fields = self._s.fields
        text_path, time_path = text_path or fields.text or fields.title, time_path or fields.time
        words = text(walk(entry, text_path))
        if words is None:
            raise Unreadable(f"what lies at {text_path!r} is no text")
        files = attachments(entry, self._s)
        written = walk(entry, time_path)
        own = identity(walk(entry, id_path)) if id_path else None
        external_id = self._later(own or _derived(words, plain(written)))
        if not (words or files):
            return Ignored(reason="empty", external_id=external_id)
        common = self._common()
        if role == "other":
            del common["group"]
        return Accepted(
            message=Message(
                external_id=external_id,
                sent_at=moment(written, self._mapping.zone, self._s.time_format),
                sender=who,
                text=words,
                attachments=files,
                follows=(self._number,),
                confidential=self._said(fields.confidential),
                anonymous=self._said(fields.anonymous),
                hold=BY_ANOTHER if role == "other" else "",
                **common,
            )
        )

    def _said(self, path: str) -> bool:
        """The report's flag, where the item that brings a comment holds it; absent, the report's own word stands."""
        return bool(path) and flag(self._at(path), self._mapping.no)

    def _later(self, own: str) -> str:
        return f"{self._number}/{own}"


def _derived(*parts: str) -> str:
    """An id for what LAPOR gave none, from what its repetition repeats."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _folded(table: dict[str, Any]) -> dict[str, Any]:
    return {word.strip().lower(): meaning for word, meaning in table.items()}
