"""Claiming messages: the hot path of the SQLite journal, for a whole group of admissions at once.

What the group needs to know is read in a few statements; `claiming` decides; what came of it is written with one
statement for each table.
"""

from __future__ import annotations

from struct import Struct as Layout
from typing import Any

from .claiming import Case, Claiming, Group, Prepared
from .journal import Admit
from .sqlite_replies import note_words
from .sqlite_rows import insert, ticket_from, where_in
from .sqlite_writer import Tools

__all__ = ["Prepared", "admit_many"]

_HALVES = Layout(">qq")


def admit_many(tools: Tools, batch: list[Prepared]) -> list[Any]:
    """The answers to a group of admissions, in order."""
    claiming = _Claiming(tools, batch)
    answers = [claiming.admit(prepared) for prepared in batch]
    claiming.write()
    return answers


class _Claiming(Claiming):
    """Over SQLite: a claim is found by its first half, and those that share it are kept apart."""

    def __init__(self, tools: Tools, batch: list[Prepared]) -> None:
        super().__init__(tools)
        self._tools, self._db = tools, tools.db
        self._taken: set[int] = set()
        held = [h.claim for prepared in batch for h in prepared.admission.held if h.claim is not None]
        self._read([admit for prepared in batch for admit in prepared.admission.messages], held)

    # what is known

    def _read(self, admits: list[Admit], held: list[bytes]) -> None:
        wanted = [*held, *(a.claim for a in admits)]
        groups = []
        for a in admits:
            if a.follows:
                wanted += a.follows
            if a.stands_in:
                wanted += a.stands_in
            if a.handle is not None:
                wanted.append(a.handle)
            if a.group is not None:
                groups.append(a.group)
        if not wanted:
            return
        self._read_claims(wanted)
        promised = {t for a in admits if a.ticket and (t := ticket_from(a.ticket))}
        if promised:
            rows = where_in(self._db, "SELECT ticket FROM complaints WHERE ticket IN", promised)
            self._borne = {row[0] for row in rows}
        if groups:
            rows = where_in(
                self._db, "SELECT name, complaint_id, seen, parts FROM groups WHERE name IN", groups
            )
            self._groups = {name: Group(*rest) for name, *rest in rows}
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

    def _claim(self, claim: bytes, message_id: int, complaint_id: int) -> None:
        key, rest = _HALVES.unpack(claim)
        if key in self._taken:
            self._rows["more_claims"].append((claim, message_id, complaint_id))
        else:
            self._taken.add(key)
            self._rows["claims"].append((key, rest, message_id, complaint_id))
        self._claims[claim] = (message_id, complaint_id)

    # what is written

    def write(self) -> None:
        db, rows = self._db, self._rows
        for table, columns in (
            ("raws", 3),
            ("messages", 8),
            ("claims", 4),
            ("more_claims", 3),
            ("joined", 2),
            ("media", 7),
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
