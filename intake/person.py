"""Who is meant, and what the journal holds of them: for `kanal person` (Law 27/2022, articles 6 to 8 and 16).

The journal knows a sender by a keyed hash for each adapter, not by their number or address. A ticket leads to its
reporter's; an address of one account is hashed as the adapter would; and what channels know of a sender beside it
(a telephone typed into a form, the @name of a chat) is found by reading through the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from msgspec import Struct

from complaint_queue.editing import Editing
from complaint_queue.erasing import Erasing
from complaint_queue.file_port import Files
from complaint_queue.journal import ComplaintFile, Journal, StoredMessage
from complaint_queue.keeping import Keeping
from complaint_queue.persons import Persons
from normalizer.errors import Damaged, Misconfigured
from normalizer.identity import Secrets
from normalizer.numbers import to_e164
from normalizer.record import RawEvent, Sender

Kind = Literal["phone", "email", "handle", "nik"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PAGE = 500
#: A name shorter than this stands in many a text that is not about them: it is not searched for in raw events.
TELLING = 8

Progress = Callable[[str, int, int], None]


class PersonJournal(Journal, Editing, Keeping, Persons, Erasing, Protocol):
    """The journal as it is needed here."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Who is meant: the reporter of `ticket`, or whom `account` knows by one of `marks` (kind and value); with
    `everywhere` whoever has the same telephone, address or NIK at any account."""

    ticket: str = ""
    account: str = ""
    marks: tuple[tuple[Kind, str], ...] = ()
    everywhere: bool = False


@dataclass
class Holdings:
    """What there is of a person: `keys` by which the journal knows them, ids of what they wrote, and `words` by which
    they are found in raw events that nothing was read from (`mentions`). `shared` are raw events with other people's
    messages in them."""

    keys: list[bytes] = field(default_factory=list)
    complaints: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    raws: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    words: set[str] = field(default_factory=set)

    @property
    def nobody(self) -> bool:
        return not (self.keys or self.mentions)


class Counts(Struct, frozen=True, kw_only=True):
    """How much there is; nothing that says who it is."""

    complaints: int
    messages: int
    raw_events: int
    shared_raw_events: int
    events: int
    unpublished: int
    files: int
    replies: int
    dialogues: int
    tickets: tuple[str, ...]


def normal(kind: Kind, value: str) -> str:
    """One spelling of a telephone, an address, a name or a NIK."""
    value = value.strip()
    match kind:
        case "phone":
            return to_e164(value) or value
        case "nik":
            return "".join(c for c in value if c.isdigit())
        case _:
            return value.lower().removeprefix("@")


def keys_for(secrets: Secrets, adapter: str, marks: Sequence[tuple[Kind, str]]) -> set[bytes]:
    """Every key under which `adapter` would know whoever bears one of these marks, as its parser spells references."""
    found = set()
    for kind, value in marks:
        plain = normal(kind, value)
        for spelling in {value, value.lower(), plain, f"@{plain}"}:
            found.add(secrets.person(adapter, spelling))
            found.add(secrets.person(adapter, f"{kind}:{spelling}"))
    return found


def marks_of(sender: Sender) -> set[tuple[Kind, str]]:
    """What a channel says of a sender, each in its one spelling."""
    found: set[tuple[Kind, str]] = {(c.kind, normal(c.kind, c.value)) for c in sender.contacts}
    if sender.nik:
        found.add(("nik", normal("nik", sender.nik)))
    return found


def bears(sender: Sender, marks: set[tuple[Kind, str]]) -> bool:
    """Whether a sender bears one of the marks. A telephone may be a family's: another NIK is another person."""
    own = marks_of(sender)
    niks = {value for kind, value in marks if kind == "nik"}
    if niks and sender.nik and normal("nik", sender.nik) not in niks:
        return False
    return bool(own & marks)


@dataclass(frozen=True)
class Finder:
    """Finds in `journal`. `adapters` are the adapters' names by account."""

    journal: PersonJournal
    files: Files
    secrets: Secrets
    adapters: dict[str, str]
    progress: Progress = lambda name, done, total: None

    async def find(self, wanted: Wanted) -> Holdings:
        """Everything of whom is meant. Raises `Misconfigured` for a ticket that is not there."""
        found = Holdings()
        marks = {(kind, normal(kind, value)) for kind, value in wanted.marks}
        keys: dict[bytes, None] = {}
        if wanted.ticket:
            for key, sender in await self._of_ticket(wanted.ticket):
                keys[key] = None
                if wanted.everywhere:
                    marks |= {one for one in marks_of(sender) if one[0] != "handle"}
        if wanted.account:
            keys |= dict.fromkeys(keys_for(self.secrets, self.adapters[wanted.account], wanted.marks))
        if marks:
            keys |= dict.fromkeys(await self._bearers(marks, "" if wanted.everywhere else wanted.account))
        if wanted.everywhere:
            for adapter in set(self.adapters.values()):
                keys |= dict.fromkeys(keys_for(self.secrets, adapter, list(marks)))
        await self._collect(found, list(keys))
        found.words |= {value for kind, value in marks if kind != "handle"}
        await self._mentions(found)
        return found

    async def _of_ticket(self, ticket: str) -> list[tuple[bytes, Sender]]:
        file = await self.journal.complaint_by_ticket(ticket)
        if file is None:
            raise Misconfigured(
                "--ticket", "there is no {ticket}", "copy it with its last digit", ticket=ticket
            )
        if not file.messages or not any(file.messages[0].sender):
            return []
        reporter = file.messages[0].sender
        return [(m.sender, m.message.sender) for m in file.messages if m.sender == reporter]

    async def _bearers(self, marks: set[tuple[Kind, str]], account: str) -> list[bytes]:
        keys: dict[bytes, None] = {}
        after, done, total = 0, 0, (await self.journal.sizes())["messages"]
        while page := await self.journal.senders_after(after, PAGE):
            after, done = page[-1].message_id, done + len(page)
            self.progress("messages", done, max(done, total))
            for one in page:
                if account in ("", one.account) and one.sender is not None and bears(one.sender, marks):
                    keys[one.key] = None
        return list(keys)

    async def _collect(self, found: Holdings, keys: Sequence[bytes]) -> None:
        complaints: dict[int, None] = {}
        raws: dict[int, None] = {}
        for key in keys:
            if not any(key):
                continue
            written = await self.journal.messages_by(key)
            if written or await self.journal.replies_to(key) or (await self.journal.person(key)).version:
                found.keys.append(key)
            for one in written:
                found.messages.append(one.message_id)
                # Words that a dialogue moved elsewhere leave the complaint that they opened behind.
                complaints |= {one.complaint_id: None, one.message_id: None}
                if one.raw_id:
                    raws[one.raw_id] = None
                    original = await self.journal.original_of(one.raw_id)
                    if original is not None:
                        raws[original] = None
        for complaint_id in complaints:
            file = await self.journal.complaint(complaint_id)
            if file is None:
                continue
            found.complaints.append(complaint_id)
            for m in file.messages:
                if m.sender in found.keys:
                    found.words |= {value for kind, value in marks_of(m.message.sender) if kind != "handle"}
        for raw_id in raws:
            others = await self.journal.senders_of_raw(raw_id) - set(found.keys)
            (found.shared if others else found.raws).append(raw_id)

    async def _mentions(self, found: Holdings) -> None:
        """Raw events without a message (receipts, what could not be read) in which the person is named."""
        spellings = [one.encode() for one in spelt(found.words)]
        if not spellings:
            return
        known = {*found.raws, *found.shared}
        after, done, total = 0, 0, (await self.journal.sizes())["raws"]
        while page := await self.journal.raws_after(after, PAGE):
            after, done = page[-1].raw_id, done + len(page)
            self.progress("raw events", done, max(done, total))
            for one in page:
                if one.raw is None or one.raw_id in known:
                    continue
                if not (one.raw.body_file or says(one.raw, spellings)):
                    continue
                if await self.journal.senders_of_raw(one.raw_id):
                    continue
                if says(one.raw, spellings) or await self._file_says(one.raw.body_file, spellings):
                    found.mentions.append(one.raw_id)

    async def _file_says(self, sha256: str, spellings: Sequence[bytes]) -> bool:
        """Whether one of these stands in a large raw event; one that is missing or damaged says nothing."""
        longest, rest = max(map(len, spellings)), b""
        try:
            if await self.files.size(sha256) is None:
                return False
            async for piece in self.files.chunks(sha256):
                whole = rest + piece.lower()
                if any(one in whole for one in spellings):
                    return True
                rest = whole[-longest:]
        except Damaged:
            pass
        return False

    async def counts(self, found: Holdings) -> Counts:
        """How much there is of them."""
        tickets, files, events, unpublished = [], set(), 0, 0
        for complaint_id in found.complaints:
            file = await self.journal.complaint(complaint_id)
            if file is None:
                continue
            if any(m.sender in found.keys for m in file.messages):
                tickets.append(file.ticket)
            files |= {a.sha256 for m in own(file, found) for a in m.message.attachments if a.sha256}
            for one in await self.journal.events_of(complaint_id):
                events += 1
                unpublished += one.confirmed_at is None
        replies = [len(await self.journal.replies_to(key)) for key in found.keys]
        dialogues = [(await self.journal.person(key)).version > 0 for key in found.keys]
        return Counts(
            complaints=len(tickets),
            messages=len(found.messages),
            raw_events=len(found.raws) + len(found.mentions),
            shared_raw_events=len(found.shared),
            events=events,
            unpublished=unpublished,
            files=len(files),
            replies=sum(replies),
            dialogues=sum(dialogues),
            tickets=tuple(tickets),
        )


def own(file: ComplaintFile, found: Holdings) -> list[StoredMessage]:
    """The person's messages of a complaint."""
    return [m for m in file.messages if m.sender in found.keys]


def spelt(words: Iterable[str]) -> set[str]:
    """As providers may write them: a telephone with and without its plus, and as it is dialled at home."""
    found = set()
    for word in words:
        if len(word) < TELLING:
            continue
        found.add(word)
        if word.startswith("+"):
            found.add(word[1:])
        if word.startswith("+62"):
            found.add("0" + word[3:])
    return found


def says(raw: RawEvent, spellings: Sequence[bytes]) -> bool:
    """Whether one of these stands in a raw event, in whatever part of it."""
    parts = [raw.body, raw.url.encode("utf-8", "replace")]
    parts += [v.encode("utf-8", "replace") for v in (*raw.headers.values(), *raw.envelope.values())]
    whole = b"\n".join(parts).lower()
    return any(one in whole for one in spellings)
