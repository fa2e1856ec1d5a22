"""Deciding what becomes of messages: pure bookkeeping over what a journal knows, no database.

A journal reads what a group of admissions needs to know, has each decided in memory, seeing what those before it in
the group did, and writes what came of it. Both journals decide here, and so alike.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from .codec import Codec
from .journal import LONGEST_TALE, Admission, Admit, Admitted
from .media_rows import STEPS, step_of
from .sqlite_rows import (
    TICKETS_A_DAY,
    Details,
    Ids,
    day_number,
    micros,
    pack_message,
    ticket_from,
    ticket_text,
)
from .way_out import ProviderWord

_KEEPS_LOCK = 2047
_pack = msgspec.msgpack.Encoder().encode


class Hand(Protocol):
    """What deciding needs of a journal's transaction."""

    @property
    def codec(self) -> Codec: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def now(self) -> int: ...
    def next_ticket(self, day: int) -> int: ...
    def last_number(self, day: int) -> int: ...


class Prepared:
    """An admission with its bodies sealed, before it stands in line."""

    __slots__ = ("admission", "bodies", "raw", "received_at", "sha256", "size")

    def __init__(self, admission: Admission, codec: Codec) -> None:
        raw = admission.raw
        self.admission = admission
        self.received_at = micros(raw.received_at)
        self.sha256 = raw.body_file or _hash(raw.body)
        self.raw = b"" if admission.raw_id is not None else codec.seal("raw", _pack(raw))
        bodies = []
        for admit in admission.messages:
            keys = (admit.claim, admit.sender, admit.group, admit.handle, *admit.follows, *admit.stands_in)
            if any(key is not None and len(key) != 16 for key in keys):
                raise ValueError("claim, sender, group, handle, follows and stands_in are keys of 16 bytes")
            day_number(admit.ticket_day)
            bodies.append(codec.seal("message", pack_message(admit.message, self.sha256)))
        self.bodies = bodies
        self.size = len(self.raw) + sum(map(len, bodies))


def _hash(body: bytes) -> str:
    """SHA-256, in pieces so small that hashlib keeps the interpreter's lock: under load, getting it back takes
    longer than the hash."""
    if len(body) < _KEEPS_LOCK:
        return sha256(body).hexdigest()
    hashed = sha256()
    for at in range(0, len(body), _KEEPS_LOCK):
        hashed.update(body[at : at + _KEEPS_LOCK])
    return hashed.hexdigest()


class Case:
    """A complaint as far as admitting needs to know it."""

    __slots__ = (
        *("against", "complaint_id", "due_at", "opened"),
        *("quiet_until", "state", "ticket", "touched", "version"),
    )

    def __init__(
        self, complaint_id: int, ticket: int, state: int, version: int, due_at: int | None, quiet_until: int
    ) -> None:
        self.complaint_id, self.ticket, self.state, self.version = complaint_id, ticket, state, version
        self.due_at, self.quiet_until = due_at, quiet_until
        self.opened: tuple[str, str, str, int] | None = None
        self.against = ""
        self.touched = False


class Group:
    """How many parts of a group were seen, and of how many."""

    __slots__ = ("complaint_id", "parts", "seen")

    def __init__(self, complaint_id: int, seen: int, parts: int | None) -> None:
        self.complaint_id, self.seen, self.parts = complaint_id, seen, parts


class Claiming:
    """One group's claims, complaints and groups: as they were, and what becomes of them.

    Whoever derives from it fills in what is known, calls `admit` for each, and writes `_rows` and the rest.
    """

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._claims: dict[bytes, tuple[int, int]] = {}
        self._cases: dict[int, Case] = {}
        self._groups: dict[bytes, Group] = {}
        self._written: dict[int, tuple[bytes, int]] = {}
        self._said: dict[bytes, tuple[bytes, int]] = {}
        self._changed_groups: set[bytes] = set()
        self._borne: set[int] = set()
        """Of the tickets that were reserved and are asked for, those that a complaint bears."""
        self._rows: dict[str, list[tuple[Any, ...]]] = {
            name: []
            for name in ("raws", "messages", "claims", "more_claims", "joined", "media", "quarantine")
        }
        self._cursors: dict[tuple[str, str], str] = {}
        self._no_longer_kept: list[int] = []
        self._words: list[ProviderWord] = []

    def admit(self, prepared: Prepared) -> tuple[Admitted, ...]:
        admission = prepared.admission
        raw_id = admission.raw_id
        # What an operator replayed and is unreadable again waits again, whatever was claimed.
        held = [
            h for h in admission.held if raw_id is not None or h.claim is None or h.claim not in self._claims
        ]
        if raw_id is not None:
            self._no_longer_kept.append(raw_id)
        elif held or any(a.claim not in self._claims for a in admission.messages):
            raw_id = self._hand.ids.next()
            self._rows["raws"].append((raw_id, admission.raw.account, prepared.raw))
        self._words += admission.words
        answers = []
        for admit, body in zip(admission.messages, prepared.bodies, strict=True):
            known = self._claims.get(admit.claim)
            if known is not None:
                ticket = ticket_text(self._cases[known[1]].ticket)
                answers.append(
                    Admitted(complaint_id=known[1], message_id=known[0], ticket=ticket, how="duplicate")
                )
            else:
                answers.append(self._new(prepared, admit, body, raw_id or 0))
        for one in held:
            details = _pack(Details(one.reason, one.item, one.external_id))
            if one.claim is not None and one.claim not in self._claims:
                self._claim(one.claim, 0, 0)
            row = (self._hand.ids.next(), admission.raw.account, "parse", "held", self._hand.now)
            sealed = self._hand.codec.seal("quarantine", details)
            self._rows["quarantine"].append((*row, raw_id, None, sealed))
        if admission.cursor is not None:
            name, value = admission.cursor
            self._cursors[admission.raw.account, name] = value
        return tuple(answers)

    def _new(self, prepared: Prepared, admit: Admit, body: bytes, raw_id: int) -> Admitted:
        message_id = self._hand.ids.next()
        third_party = False
        case = None
        counted = admit.group
        if admit.group is not None or admit.follows:
            case, third_party, followed = self._home(admit)
            if followed and admit.dialogue:
                counted = None
        if case is None:
            case = self._open(message_id, admit, prepared)
            how = "opened"
        else:
            how = self._join(case, admit)
            self._rows["joined"].append((case.complaint_id, message_id))
        if counted is not None:
            self._count_part(case, admit, counted)
        self._claim(admit.claim, message_id, case.complaint_id)
        if how == "opened":
            for name in admit.stands_in:
                if name not in self._claims:
                    self._claim(name, message_id, case.complaint_id)
        if admit.handle is not None and not self._claim_handle(admit.handle, message_id, case):
            body = self._flagged(prepared, admit)
        self._written[message_id] = (admit.sender, case.complaint_id)
        self._rows["messages"].append(
            (
                message_id,
                case.complaint_id,
                raw_id,
                prepared.received_at,
                third_party,
                None,
                admit.sender,
                body,
            )
        )
        if admit.message.attachments:
            self._fetch_or_read(message_id, case.complaint_id, admit)
        return Admitted(
            complaint_id=case.complaint_id,
            message_id=message_id,
            ticket=ticket_text(case.ticket),
            how=how,  # type: ignore[arg-type]
        )

    def _home(self, admit: Admit) -> tuple[Case | None, bool, bool]:
        """The complaint that this message belongs to, whether it refers to one that it may not join, and whether
        it belongs there for what it follows."""
        group = self._groups.get(admit.group) if admit.group is not None else None
        if group is not None and admit.dialogue and group.seen >= LONGEST_TALE:
            del self._groups[admit.group]  # type: ignore[arg-type]
            group = None
        if group is not None and not admit.dialogue:
            return self._cases[group.complaint_id], False, False
        stranger = False
        for followed in admit.follows:
            known = self._claims.get(followed)
            author = self._written.get(known[0]) if known is not None else self._said.get(followed)
            if author is None:
                continue
            if author[0] == admit.sender:
                return self._cases[author[1]], False, True
            stranger = True
        if group is not None:
            return self._cases[group.complaint_id], False, False
        return None, stranger, False

    def _open(self, message_id: int, admit: Admit, prepared: Prepared) -> Case:
        hand = self._hand
        due_at = hand.now
        quiet_until = 0
        if admit.quiet > 0 and not (admit.group is not None and admit.parts == 1):
            due_at = quiet_until = hand.now + int(admit.quiet * 1_000_000)
        ticket = self._reserved(admit) or hand.next_ticket(day_number(admit.ticket_day))
        case = Case(message_id, ticket, 0, 1, due_at, quiet_until)
        account = prepared.admission.raw.account
        case.opened = (account, admit.channel, admit.office_code, prepared.received_at)
        case.against = admit.message.against_office
        self._cases[message_id] = case
        return case

    def _reserved(self, admit: Admit) -> int:
        """The ticket that was promised; 0 when there is none, or it cannot be kept."""
        ticket = ticket_from(admit.ticket) or 0
        if not ticket or ticket in self._borne or not self._was_given(ticket):
            return 0
        self._borne.add(ticket)
        return ticket

    def _was_given(self, ticket: int) -> bool:
        """Whether the day's count is past it: a number that is still to come would be given twice."""
        day, number = divmod(ticket, TICKETS_A_DAY)
        return 0 < number <= self._hand.last_number(day)

    def _join(self, case: Case, admit: Admit) -> str:
        case.version += 1
        case.touched = True
        now = self._hand.now
        if case.state != 0:
            case.due_at = now
            return "followed"
        if admit.quiet > 0:
            case.quiet_until = max(case.quiet_until, now + int(admit.quiet * 1_000_000))
            case.due_at = max(case.due_at or 0, case.quiet_until)
        elif case.due_at is None or admit.dialogue:
            case.due_at = now
        return "joined"

    def _count_part(self, case: Case, admit: Admit, name: bytes) -> None:
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(case.complaint_id, 0, None)
        group.seen += 1
        if admit.parts is not None:
            group.parts = max(group.parts or 0, admit.parts)
        if group.parts is not None and group.seen >= group.parts:
            case.due_at, case.quiet_until = self._hand.now, 0
        self._changed_groups.add(name)

    def _claim(self, claim: bytes, message_id: int, complaint_id: int) -> None:
        self._rows["claims"].append((claim, message_id, complaint_id))
        self._claims[claim] = (message_id, complaint_id)

    def _claim_handle(self, handle: bytes, message_id: int, case: Case) -> bool:
        """Claim the name that others refer to; False when another message holds it."""
        holder = self._claims.get(handle)
        if holder is None:
            self._claim(handle, message_id, case.complaint_id)
            return True
        return holder[0] == message_id

    def _flagged(self, prepared: Prepared, admit: Admit) -> bytes:
        message = replace(admit.message, flags=(*admit.message.flags, "duplicate_message_id"))
        return self._hand.codec.seal("message", pack_message(message, prepared.sha256))

    def _fetch_or_read(self, message_id: int, complaint_id: int, admit: Admit) -> None:
        for place, attachment in enumerate(admit.message.attachments):
            step = step_of(attachment)
            if step is not None:
                job = (self._hand.ids.next(), message_id, complaint_id, place, self._hand.now, 0)
                self._rows["media"].append((*job, STEPS.index(step)))
