"""Everything that the gateway holds of one person, in a file that they can take away (Law 27/2022, articles 6 to 8).

A zip for its owner alone (mode 600): `person.json` with complaints, events, messages, statuses and replies, `raw/` with
the bytes as they came, `files/` with what was attached. Of a complaint or a raw event that holds other people's words
too, only this person's are in it.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from complaint_queue.file_port import Files
from complaint_queue.journal import ComplaintFile, StoredMessage
from complaint_queue.way_out import ReplyEntry
from intake.person import Holdings, PersonJournal, own
from normalizer.errors import Damaged
from normalizer.identity import encode_id
from normalizer.record import Complaint, Message, RawEvent

FORMAT = "kanal-aduan person export 1"
#: What stands where a provider sent one of our own secrets along.
MASKED = "[…]"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class Export:
    """One export of `found`. `secrets` are the doors' own, which providers send with what they bring."""

    journal: PersonJournal
    files: Files
    found: Holdings
    secrets: Sequence[str] = ()
    readme: str = ""
    missing: list[str] = field(default_factory=list)
    _stored: dict[str, str] = field(default_factory=dict)

    async def write(self, path: Path) -> dict[str, Any]:
        """Make `path`; what it holds, counted. Raises `FileExistsError`."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as opened:
                with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as packed:
                    counts = await self._fill(packed)
                opened.flush()
                os.fsync(opened.fileno())
        except BaseException:
            _forget(path)
            raise
        return counts

    async def _fill(self, packed: zipfile.ZipFile) -> dict[str, Any]:
        complaints = [one for c in self.found.complaints if (one := await self._complaint(packed, c))]
        raws = [await self._raw(packed, raw_id) for raw_id in (*self.found.raws, *self.found.mentions)]
        loose = [
            _reply(entry)
            for key in self.found.keys
            for complaint_id, entry in await self.journal.replies_to(key)
            if complaint_id not in self.found.complaints
        ]
        dialogues = [
            msgspec.msgpack.decode(state)
            for key in self.found.keys
            if (state := (await self.journal.person(key)).state)
        ]
        whole = {
            "format": FORMAT,
            "made_at": datetime.now(UTC),
            "complaints": complaints,
            "replies": loose,
            "dialogues": dialogues,
            "raw_events": raws,
            "raw_events_shared_with_others": len(self.found.shared),
            "missing": self.missing,
        }
        packed.writestr("person.json", msgspec.json.format(msgspec.json.encode(whole)))
        if self.readme:
            packed.writestr("BACA-SAYA.txt", self.readme)
        return {
            "complaints": len(complaints),
            "messages": sum(len(one["messages"]) for one in complaints),
            "raw_events": len(raws),
            "replies": len(loose) + sum(len(one["replies"]) for one in complaints),
            "files": len(self._stored),
            "missing": len(self.missing),
        }

    async def _complaint(self, packed: zipfile.ZipFile, complaint_id: int) -> dict[str, Any] | None:
        file = await self.journal.complaint(complaint_id)
        if file is None or not (mine := own(file, self.found)):
            return None
        reporter = file.messages[0].sender in self.found.keys
        record = msgspec.msgpack.decode(file.record, type=Complaint) if file.record and reporter else None
        return {
            "ticket": file.ticket,
            "id": encode_id(file.complaint_id),
            "account": file.account,
            "channel": file.channel,
            "office": file.office_code,
            "opened_at": file.opened_at,
            "state": file.state,
            "record": None if record is None else msgspec.to_builtins(record),
            "messages": [await self._message(packed, one) for one in mine],
            "events": await self._events(file, mine, reporter),
            "status": msgspec.to_builtins(await self.journal.progress(complaint_id)) if reporter else None,
            "replies": [_reply(one) for one in await self._replies(complaint_id)],
            "read_from_files": {
                sha256: msgspec.to_builtins(facts)
                for sha256, facts in file.media.items()
                if any(a.sha256 == sha256 for m in mine for a in m.message.attachments)
            },
        }

    async def _replies(self, complaint_id: int) -> list[ReplyEntry]:
        return [
            entry
            for key in self.found.keys
            for of, entry in await self.journal.replies_to(key)
            if of == complaint_id
        ]

    async def _events(
        self, file: ComplaintFile, mine: Sequence[StoredMessage], reporter: bool
    ) -> list[dict[str, Any]]:
        """As the CRM got them. What somebody else added is theirs; whoever only added has their addition alone."""
        own_ones = {m.event_sequence for m in mine}
        others = {m.event_sequence for m in file.messages if m.sender not in self.found.keys}
        told = []
        for one in await self.journal.events_of(file.complaint_id):
            event = one.event
            if event.sequence in others or not (reporter or event.sequence in own_ones):
                continue
            body = msgspec.json.decode(event.body)
            told.append(
                {
                    "id": f"{encode_id(event.complaint_id)}.{event.sequence}.{event.revision}",
                    "kind": event.kind,
                    "occurred_at": event.occurred_at,
                    "confirmed_at": one.confirmed_at,
                    "body": body if reporter else {"added": body.get("added")},
                }
            )
        return told

    async def _message(self, packed: zipfile.ZipFile, one: StoredMessage) -> dict[str, Any]:
        files = [
            await self._file(packed, a.sha256, a.name or a.media_type)
            for a in one.message.attachments
            if a.sha256
        ]
        return {
            "received_at": one.received_at,
            "message": msgspec.to_builtins(_without_office(one.message)),
            "raw_sha256": one.raw_sha256,
            "files": [name for name in files if name],
        }

    async def _file(self, packed: zipfile.ZipFile, sha256: str, name: str) -> str:
        """Its name in the zip; empty where it cannot be read, which is told."""
        if sha256 in self._stored:
            return self._stored[sha256]
        inside = f"files/{sha256[:16]}-{_UNSAFE.sub('_', name)[-80:]}"
        try:
            if await self.files.size(sha256) is None:
                raise Damaged("it is missing from the file store")
            with packed.open(inside, "w", force_zip64=True) as entry:
                async for piece in self.files.chunks(sha256):
                    entry.write(piece)
        except Damaged as error:
            self.missing.append(f"{sha256}: {error}")
            return ""
        self._stored[sha256] = inside
        return inside

    async def _raw(self, packed: zipfile.ZipFile, raw_id: int) -> dict[str, Any]:
        try:
            raw = await self.journal.raw(raw_id)
            body = await self.files.read(raw.body_file) if raw.body_file else raw.body
        except LookupError:
            return {"id": encode_id(raw_id), "pruned": True}
        except Damaged as error:
            self.missing.append(f"raw event {encode_id(raw_id)}: {error}")
            return {"id": encode_id(raw_id), "damaged": True}
        inside = f"raw/{encode_id(raw_id)}"
        packed.writestr(inside, self._without_secrets(body))
        return {
            "id": encode_id(raw_id),
            "account": raw.account,
            "received_at": raw.received_at,
            "method": raw.method,
            "url": self._without_secrets(raw.url.encode()).decode(),
            "content_type": _header(raw, "content-type"),
            "envelope": raw.envelope,
            "body": inside,
        }

    def _without_secrets(self, content: bytes) -> bytes:
        for secret in self.secrets:
            for spelling in {secret, quote(secret, safe="")}:
                content = content.replace(spelling.encode(), MASKED.encode())
        return content


def _forget(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _header(raw: RawEvent, name: str) -> str:
    return next((value for key, value in raw.headers.items() if key.lower() == name), "")


def _without_office(message: Message) -> Message:
    """A clerk's login is not the citizen's."""
    return msgspec.structs.replace(message, clerk_id="")


def _reply(one: ReplyEntry) -> Mapping[str, Any]:
    return {
        "made_at": one.made_at,
        "ended_at": one.ended_at,
        "purpose": one.purpose,
        "state": one.state,
        "delivery": one.delivery,
        "subject": one.said.subject,
        "text": one.said.text,
        "choices": [choice.label for choice in one.said.choices],
        "reply_to": one.said.reply_to,
    }
