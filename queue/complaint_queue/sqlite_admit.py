"""Claiming messages: the hot path of the SQLite journal, for a whole group of admissions at once.

What the group needs to know is read in a few statements; each admission is then decided in memory, seeing what
those before it in the group did; what came of it is written with one statement for each table.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct as Layout
from typing import Any

import msgspec
from msgspec.structs import replace

from .codec import Codec
from .journal import LONGEST_TALE, Admission, Admit, Admitted
from .sqlite_replies import note_words
from .sqlite_rows import (
    Details,
    day_number,
    insert,
    micros,
    pack_message,
    ticket_text,
    where_in,
)
from .sqlite_writer import Tools
from .way_out import ProviderWord

_HALVES = Layout(">qq")
_KEEPS_LOCK = 2047
_pack = msgspec.msgpack.Encoder().encode


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
            for key in (admit.claim, admit.sender, admit.group, admit.handle, *admit.follows):
                if key is not None and len(key) != 16:
                    raise ValueError("claim, sender, group, handle and follows are keys of 16 bytes")
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


class _Group:
    __slots__ = ("complaint_id", "parts", "seen")

    def __init__(self, complaint_id: int, seen: int, parts: int | None) -> None:
        self.complaint_id, self.seen, self.parts = complaint_id, seen, parts


def admit_many(tools: Tools, batch: list[Prepared]) -> list[Any]:
    """The answers to a group of admissions, in order."""
    claiming = _Claiming(tools, batch)
    answers = [claiming.admit(prepared) for prepared in batch]
    claiming.write()
    return answers


class _Claiming:
    """One group's claims, complaints and groups: as they were, and what becomes of them."""

    def __init__(self, tools: Tools, batch: list[Prepared]) -> None:
        self._tools, self._db = tools, tools.db
        self._claims: dict[bytes, tuple[int, int]] = {}
        self._taken: set[int] = set()
        self._cases: dict[int, Case] = {}
        self._groups: dict[bytes, _Group] = {}
        self._written: dict[int, tuple[bytes, int]] = {}
        self._said: dict[bytes, tuple[bytes, int]] = {}
        self._changed_groups: set[bytes] = set()
        self._rows: dict[str, list[tuple[Any, ...]]] = {
            name: []
            for name in ("raws", "messages", "claims", "more_claims", "joined", "media", "quarantine")
        }
        self._cursors: dict[tuple[str, str], str] = {}
        self._no_longer_kept: list[int] = []
        self._words: list[ProviderWord] = []
        held = [h.claim for prepared in batch for h in prepared.admission.held if h.claim is not None]
        self._read([admit for prepared in batch for admit in prepared.admission.messages], held)

    # what is known

    def _read(self, admits: list[Admit], held: list[bytes]) -> None:
        wanted = [*held, *(a.claim for a in admits)]
        groups = []
        for a in admits:
            if a.follows:
                wanted += a.follows
            if a.handle is not None:
                wanted.append(a.handle)
            if a.group is not None:
                groups.append(a.group)
        if not wanted:
            return
        self._read_claims(wanted)
        if groups:
            rows = where_in(
                self._db, "SELECT name, complaint_id, seen, parts FROM groups WHERE name IN", groups
            )
            self._groups = {name: _Group(*rest) for name, *rest in rows}
        complaints = {complaint for _, complaint in self._claims.values()}
        complaints.update(group.complaint_id for group in self._groups.values())
        self._read_cases(complaints)
        followed = {self._claims[f][0] for a in admits for f in a.follows if f in self._claims}
        if followed:
            rows = where_in(
                self._db,
                "SELECT message_id, sender, complaint_id FROM messages WHERE message_id IN",
                followed,
            )
            self._written = {message: (sender, complaint) for message, sender, complaint in rows}
        self._read_said([f for a in admits for f in a.follows if f not in self._claims])
        self._read_cases({complaint for _, complaint in (*self._written.values(), *self._said.values())})

    def _read_said(self, follows: list[bytes]) -> None:
        """What we said ourselves, by the provider's id: to whom, and of which complaint."""
        if follows:
            rows = where_in(
                self._db,
                "SELECT d.name, r.person, r.complaint_id FROM deliveries d JOIN replies r USING (reply_id) "
                "WHERE r.complaint_id > 0 AND d.name IN",
                follows,
            )
            self._said = {name: (person, complaint) for name, person, complaint in rows}

    def _read_cases(self, complaints: set[int]) -> None:
        unknown = complaints - self._cases.keys()
        if unknown:
            rows = where_in(
                self._db,
                "SELECT complaint_id, ticket, state, version, due_at, quiet_until FROM complaints "
                "WHERE complaint_id IN",
                unknown,
            )
            self._cases.update((row[0], Case(*row)) for row in rows)

    def _read_claims(self, wanted: list[bytes]) -> None:
        unpack, pack = _HALVES.unpack, _HALVES.pack
        keys = [unpack(claim)[0] for claim in wanted]
        rows = where_in(self._db, "SELECT key, rest, message_id, complaint_id FROM claims WHERE key IN", keys)
        for key, rest, message, complaint in rows:
            self._taken.add(key)
            self._claims[pack(key, rest)] = (message, complaint)
        if not rows:
            return
        collided = [
            claim
            for claim, key in zip(wanted, keys, strict=True)
            if key in self._taken and claim not in self._claims
        ]
        if collided:
            rows = where_in(
                self._db, "SELECT claim, message_id, complaint_id FROM more_claims WHERE claim IN", collided
            )
            self._claims.update((claim, (message, complaint)) for claim, message, complaint in rows)

    # what is decided

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
            raw_id = self._tools.ids.next()
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
            row = (self._tools.ids.next(), admission.raw.account, "parse", "held", self._tools.now)
            sealed = self._tools.codec.seal("quarantine", details)
            self._rows["quarantine"].append((*row, raw_id, None, sealed))
        if admission.cursor is not None:
            name, value = admission.cursor
            self._cursors[admission.raw.account, name] = value
        return tuple(answers)

    def _new(self, prepared: Prepared, admit: Admit, body: bytes, raw_id: int) -> Admitted:
        message_id = self._tools.ids.next()
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
            self._fetch_later(message_id, case.complaint_id, admit)
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
        tools = self._tools
        due_at = tools.now
        quiet_until = 0
        if admit.quiet > 0 and not (admit.group is not None and admit.parts == 1):
            due_at = quiet_until = tools.now + int(admit.quiet * 1_000_000)
        ticket = tools.next_ticket(day_number(admit.ticket_day))
        case = Case(message_id, ticket, 0, 1, due_at, quiet_until)
        account = prepared.admission.raw.account
        case.opened = (account, admit.channel, admit.office_code, prepared.received_at)
        case.against = admit.message.against_office
        self._cases[message_id] = case
        return case

    def _join(self, case: Case, admit: Admit) -> str:
        case.version += 1
        case.touched = True
        now = self._tools.now
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
            group = self._groups[name] = _Group(case.complaint_id, 0, None)
        group.seen += 1
        if admit.parts is not None:
            group.parts = max(group.parts or 0, admit.parts)
        if group.parts is not None and group.seen >= group.parts:
            case.due_at, case.quiet_until = self._tools.now, 0
        self._changed_groups.add(name)

    def _claim(self, claim: bytes, message_id: int, complaint_id: int) -> None:
        key, rest = _HALVES.unpack(claim)
        if key in self._taken:
            self._rows["more_claims"].append((claim, message_id, complaint_id))
        else:
            self._taken.add(key)
            self._rows["claims"].append((key, rest, message_id, complaint_id))
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
        return self._tools.codec.seal("message", pack_message(message, prepared.sha256))

    def _fetch_later(self, message_id: int, complaint_id: int, admit: Admit) -> None:
        for place, attachment in enumerate(admit.message.attachments):
            if attachment.state == "pending" and attachment.remote:
                job = (self._tools.ids.next(), message_id, complaint_id, place, self._tools.now, 0)
                self._rows["media"].append(job)

    # what is written

    def write(self) -> None:
        db, rows = self._db, self._rows
        for table, columns in (
            ("raws", 3),
            ("messages", 8),
            ("claims", 4),
            ("more_claims", 3),
            ("joined", 2),
            ("media", 6),
            ("quarantine", 8),
        ):
            if rows[table]:
                insert(db, f"INSERT INTO {table}", columns, rows[table])
        self._write_complaints()
        if self._changed_groups:
            groups = ((n, self._groups[n]) for n in self._changed_groups)
            insert(
                db,
                "INSERT OR REPLACE INTO groups",
                4,
                [(name, g.complaint_id, g.seen, g.parts) for name, g in groups],
            )
        if self._words:
            note_words(self._tools, self._words)
        if self._cursors:
            moved = [(*name, value) for name, value in self._cursors.items()]
            insert(db, "INSERT OR REPLACE INTO cursors", 3, moved)
        if self._no_longer_kept:
            where_in(db, "DELETE FROM kept WHERE raw_id IN", self._no_longer_kept)

    def _write_complaints(self) -> None:
        opened, joined = [], []
        for c in self._cases.values():
            if c.opened is not None:
                opened.append(
                    (
                        *(c.complaint_id, c.ticket, *c.opened, c.state, 0, c.version),
                        *(c.due_at, c.quiet_until, c.against),
                    )
                )
            elif c.touched:
                joined.append((c.version, c.due_at, c.quiet_until, c.complaint_id))
        if opened:
            insert(self._db, "INSERT INTO complaints", 12, opened)
        if joined:
            self._db.executemany(
                "UPDATE complaints SET version = ?, due_at = ?, quiet_until = ? WHERE complaint_id = ?",
                joined,
            )
