"""`kanal verify`: is everything that was kept still what was kept? Only reads, page by page, beside a running gateway.

Every body is opened, every raw event compared with the hash that its messages remember, every claim followed, every
complaint's events counted, every event's standing with the broker looked at, and every file read to its end. What is
wrong is named with its cure. Nothing is mended here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from complaint_queue import wire
from complaint_queue.file_port import Files
from complaint_queue.keeping import Keeping, WalkedComplaint, WalkedEvent, WalkedMessage
from intake.receive import body_hash
from intake.references import files_of
from intake.retention import GRACE
from normalizer.errors import Damaged, Unreadable
from normalizer.identity import encode_id
from normalizer.sentence import Sentence

PAGE = 200
#: Problems that are kept in full; beyond them only their number grows.
TOLD = 1_000

BACKUP = Sentence("put it back from a backup: kanal restore into an empty folder, and compare")
_BODY = Sentence("its row was changed or torn on disk. {cure}", cure=BACKUP)
_REPORT = Sentence("no fault of the disk makes this: keep the journal as it is and report it")


class Problem(Struct, frozen=True, kw_only=True):
    """Something that is not as it was kept: `what` was looked at, `where` it is, and the cure."""

    what: Sentence
    where: Sentence
    problem: Sentence
    cure: Sentence


class Verified(Struct, frozen=True, kw_only=True):
    """What was looked at, and what was found. `notes` are no faults."""

    seen: dict[str, int]
    problems: tuple[Problem, ...]
    count: int
    notes: tuple[Sentence, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        return self.count == 0


class Checks(Protocol):
    """A journal whose database can look at its own structure."""

    async def check(self) -> tuple[Sentence, ...]: ...


#: Told of the work done: the step's name, how far it is, and how much there is of it.
Progress = Callable[[str, int, int], None]


@dataclass
class Verifier:
    """One run over `journal` and `files`. `whole`: also read every file to its end, not only look for it."""

    journal: Keeping
    files: Files
    whole: bool = True
    progress: Progress = lambda step, done, total: None
    _problems: list[Problem] = field(default_factory=list)
    _count: int = 0
    _seen: dict[str, int] = field(default_factory=dict)
    _wanted: dict[str, tuple[Sentence, int | None]] = field(default_factory=dict)
    _without_raw: list[WalkedMessage] = field(default_factory=list)

    async def run(self) -> Verified:
        """Everything, in the order in which things depend on each other. Raises `Unavailable`."""
        began = time.monotonic()
        structure = getattr(self.journal, "check", None)
        if structure is not None:
            for problem in await structure():
                self._wrong(
                    "database",
                    Sentence("its structure"),
                    Sentence("{what}", what=problem),
                    "kanal doctor says what to do, line by line",
                )
        sizes = await self.journal.sizes()
        await self._raws(sizes["raws"])
        await self._messages(sizes["messages"])
        await self._claims(sizes["claims"])
        await self._complaints(sizes["complaints"])
        await self._events(sizes["events"])
        await self._facts(sizes["media_facts"])
        for table, count in (await self.journal.orphans()).items():
            self._wrong("rows", table, Sentence("{count} of them point to nothing", count=count), _BODY)
        await self._every_file()
        notes = await self._unwanted()
        return Verified(
            seen=self._seen,
            problems=tuple(self._problems),
            count=self._count,
            notes=notes,
            seconds=round(time.monotonic() - began, 3),
        )

    def _wrong(
        self, what: str, where: str | Sentence, problem: str | Sentence | None, cure: str | Sentence
    ) -> None:
        self._count += 1
        if len(self._problems) < TOLD:
            found = [Sentence.of(one) for one in (what, where, problem or "", cure)]
            self._problems.append(Problem(what=found[0], where=found[1], problem=found[2], cure=found[3]))

    def _step(self, name: str, more: int, total: int) -> None:
        self._seen[name] = self._seen.get(name, 0) + more
        self.progress(name, self._seen[name], max(total, self._seen[name]))

    async def _raws(self, total: int) -> None:
        after = 0
        while page := await self.journal.raws_after(after, PAGE):
            after = page[-1].raw_id
            for one in page:
                if one.raw is None:
                    self._wrong("raw event", str(one.raw_id), one.damage, _BODY)
                elif one.raw.body_file:
                    self._wanted.setdefault(
                        one.raw.body_file, (Sentence("raw event {raw}", raw=one.raw_id), None)
                    )
            self._step("raw events", len(page), total)

    async def _messages(self, total: int) -> None:
        after = 0
        while page := await self.journal.messages_after(after, PAGE):
            after = page[-1].message_id
            for row in page:
                self._message(row)
            self._step("messages", len(page), total)
        through = await self.journal.pruned_through()
        for row in self._without_raw:
            if row.raw_id > through:
                where = Sentence(
                    "{raw} of message {message}", raw=row.raw_id, message=encode_id(row.message_id)
                )
                self._wrong("raw event", where, "is not there, and was not pruned", BACKUP)

    def _message(self, row: WalkedMessage) -> None:
        where = encode_id(row.message_id)
        if row.damage:
            self._wrong("message", where, row.damage, _BODY)
        if not row.complaint_is_there:
            self._wrong("message", where, "its complaint is not there", BACKUP)
        elif not row.is_linked:
            self._wrong("message", where, "its complaint does not know it", _REPORT)
        if row.raw_id and not row.raw_is_there:
            self._without_raw.append(row)
        if row.raw is not None and row.raw_sha256 and body_hash(row.raw) != row.raw_sha256:
            self._wrong("message", where, "its raw event is not the one that it was read from", BACKUP)
        if row.message is not None:
            sizes = {a.sha256: a.size for a in row.message.attachments if a.sha256}
            for sha256 in files_of(row):
                self._wanted.setdefault(
                    sha256, (Sentence("message {message}", message=where), sizes.get(sha256))
                )

    async def _claims(self, total: int) -> None:
        begin: bytes | None = b""
        while begin is not None:
            page = await self.journal.claims_from(begin, PAGE * 10)
            if page.broken:
                self._wrong(
                    "claims",
                    begin.hex() or Sentence("first page"),
                    Sentence("{count} lead to no message", count=page.broken),
                    BACKUP,
                )
            begin = page.following
            self._step("claims", page.seen, total)

    async def _complaints(self, total: int) -> None:
        after = 0
        while page := await self.journal.complaints_after(after, PAGE):
            after = page[-1].complaint_id
            for one in page:
                self._complaint(one)
            self._step("complaints", len(page), total)

    def _complaint(self, one: WalkedComplaint) -> None:
        where = one.ticket or encode_id(one.complaint_id)
        if one.damage:
            self._wrong("complaint", where, one.damage, _BODY)
        if not one.ticket:
            self._wrong("complaint", where, "its ticket is no ticket", _BODY)
        if not one.opened_by_message:
            self._wrong("complaint", where, "the message that opened it is not there", BACKUP)
        if one.sequences != one.last_sequence or one.last != one.last_sequence or one.first > 1:
            gap = Sentence(
                "its events have a gap: {events} events, {first} to {last}; it counts {counted}",
                events=one.sequences,
                first=one.first,
                last=one.last,
                counted=one.last_sequence,
            )
            self._wrong("complaint", where, gap, BACKUP)
        if one.state == "filed" and not one.last_sequence:
            self._wrong("complaint", where, "it is filed, and no event says so", _REPORT)

    async def _events(self, total: int) -> None:
        after = 0
        while page := await self.journal.ledger_after(after, PAGE):
            after = page[-1].position
            for one in page:
                self._event(one)
            self._step("events", len(page), total)

    def _event(self, one: WalkedEvent) -> None:
        name = f"{encode_id(one.complaint_id)}.{one.sequence}.{one.revision}"
        if one.damage:
            self._wrong("event", name, one.damage, _BODY)
        else:
            try:
                event = wire.decode_body(one.body)
            except Unreadable as error:
                self._wrong("event", name, Sentence("{why}", why=error.reason), _REPORT)
            else:
                if (event.event_id, event.complaint.ticket) != (name, one.ticket):
                    self._wrong(
                        "event", name, Sentence("its body is that of {event}", event=event.event_id), _BODY
                    )
        if one.waits and one.confirmed:
            self._wrong("event", name, "it waits for the broker, and is confirmed too", _REPORT)
        elif not (one.waits or one.confirmed or one.left_out):
            cure = Sentence("kanal resend --ticket {ticket} sends it", ticket=one.ticket)
            self._wrong("event", name, "it neither waits for the broker nor is it confirmed", cure)
        if one.overtook:
            self._wrong("event", name, "it is confirmed before an earlier one of its complaint", _REPORT)

    async def _facts(self, total: int) -> None:
        after = b""
        while page := await self.journal.facts_after(after, PAGE):
            after = page[-1].name
            for one in page:
                if one.damage:
                    self._wrong("facts of a file", one.name.hex(), one.damage, _BODY)
                for sha256 in one.files:
                    self._wanted.setdefault(sha256, (Sentence("facts {name}", name=one.name.hex()), None))
            self._step("facts of files", len(page), total)

    async def _every_file(self) -> None:
        for sha256, (owner, size) in self._wanted.items():
            try:
                found = await self.files.size(sha256)
                if found is None:
                    raise Damaged("it is missing from the file store")
                if size and found != size:
                    raise Damaged("it has {found} bytes instead of {size}", found=found, size=size)
                if self.whole:
                    async for _ in self.files.chunks(sha256):
                        pass
            except Damaged as error:
                self._wrong(
                    "file",
                    Sentence("{file} ({owner})", file=self.files.name(sha256), owner=owner),
                    error.words,
                    _FILE,
                )
            self._step("files", 1, len(self._wanted))

    async def _unwanted(self) -> tuple[Sentence, ...]:
        """Files that nothing names are no fault: what a crash left, or what retention is going to remove."""
        wanted = {self.files.name(sha256) for sha256 in self._wanted}
        if self._count:
            return ()
        left = 0
        async for page in self.files.unwanted(wanted, time.time() - GRACE):
            left += len(page)
        return (
            (Sentence("{count} files that nothing refers to; they go by themselves at night", count=left),)
            if left
            else ()
        )


_FILE = Sentence("copy the file of that name from a backup's files/ into the file store")
