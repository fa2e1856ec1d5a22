"""Claiming messages: the hot path of the PostgreSQL journal, for a whole group of admissions at once.

What the group needs to know is read in one statement (more only where messages refer to each other); `claiming`
decides; what came of it is written in one.
"""

from __future__ import annotations

from typing import Any

from .claiming import Case, Claiming, Group, Prepared
from .journal import Admit
from .postgres_replies import note_words
from .postgres_rows import Together
from .postgres_writer import Turn
from .sqlite_rows import TICKETS_A_DAY, day_number, ticket_from


async def admit_many(turn: Turn, batch: list[Prepared]) -> list[Any]:
    """The answers to a group of admissions, in order."""
    claiming = _Claiming(turn)
    held = [h.claim for prepared in batch for h in prepared.admission.held if h.claim is not None]
    await claiming.read([admit for prepared in batch for admit in prepared.admission.messages], held)
    answers = [claiming.admit(prepared) for prepared in batch]
    await claiming.write()
    return answers


class _Claiming(Claiming):
    """Over PostgreSQL, where one index holds all claims."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(turn)
        self._turn, self._db = turn, turn.db
        self._days_before: dict[int, int] = {}

    # what is known

    async def read(self, admits: list[Admit], held: list[bytes]) -> None:
        wanted = [*held, *(a.claim for a in admits)]
        follows = [f for a in admits for f in a.follows]
        wanted += follows
        wanted += [name for a in admits for name in a.stands_in]
        wanted += [a.handle for a in admits if a.handle is not None]
        groups = [a.group for a in admits if a.group is not None]
        if not wanted:
            return
        promised = {t for a in admits if a.ticket and (t := ticket_from(a.ticket))}
        days = {day_number(a.ticket_day) for a in admits} | {t // TICKETS_A_DAY for t in promised}
        days -= self._turn.days.keys()
        rows = await self._db.fetch(
            "SELECT claim, message_id, complaint_id FROM claims WHERE claim = ANY ($1::bytea[]) UNION ALL "
            "SELECT NULL, day, last FROM days WHERE day = ANY ($2::int[])",
            wanted,
            list(days),
        )
        self._turn.days.update(dict.fromkeys(days, 0))
        for claim, first, second in rows:
            if claim is None:
                self._turn.days[first] = second
            else:
                self._claims[claim] = (first, second)
        self._days_before = dict(self._turn.days)
        if promised:
            rows = await self._db.fetch(
                "SELECT ticket FROM complaints WHERE ticket = ANY ($1::bigint[])", list(promised)
            )
            self._borne = {row[0] for row in rows}
        if groups:
            rows = await self._db.fetch(
                "SELECT name, complaint_id, seen, parts FROM groups WHERE name = ANY ($1::bytea[])", groups
            )
            self._groups = {name: Group(*rest) for name, *rest in rows}
        complaints = {complaint for _, complaint in self._claims.values()}
        complaints.update(group.complaint_id for group in self._groups.values())
        if follows:
            complaints |= await self._read_followed(follows)
        if complaints:
            rows = await self._db.fetch(
                "SELECT complaint_id, ticket, state, version, due_at, quiet_until FROM complaints "
                "WHERE complaint_id = ANY ($1::bigint[])",
                list(complaints),
            )
            self._cases = {row[0]: Case(*row) for row in rows}

    async def _read_followed(self, follows: list[bytes]) -> set[int]:
        """Who wrote what is referred to, or to whom we said it; the complaints that it belongs to."""
        followed = {self._claims[f][0] for f in follows if f in self._claims}
        if followed:
            rows = await self._db.fetch(
                "SELECT message_id, sender, complaint_id FROM messages WHERE message_id = ANY ($1::bigint[])",
                list(followed),
            )
            self._written = {message: (sender, complaint) for message, sender, complaint in rows}
        unknown = [f for f in follows if f not in self._claims]
        if unknown:
            rows = await self._db.fetch(
                "SELECT d.name, r.person, r.complaint_id FROM deliveries d JOIN replies r USING (reply_id) "
                "WHERE r.complaint_id > 0 AND d.name = ANY ($1::bytea[])",
                unknown,
            )
            self._said = {name: (person, complaint) for name, person, complaint in rows}
        return {complaint for _, complaint in (*self._written.values(), *self._said.values())}

    # what is written

    async def write(self) -> None:
        rows, turn, out = self._rows, self._turn, Together()
        out.insert("raws", "bigint text bytea", rows["raws"])
        out.insert("messages", "bigint bigint bigint bigint bool int bytea bytea", rows["messages"])
        out.insert("claims", "bytea bigint bigint", rows["claims"])
        out.insert("joined", "bigint bigint", rows["joined"])
        media = [(*row[:-1], turn.gateway, row[-1]) for row in rows["media"]]
        out.insert("media", "bigint bigint bigint int bigint int bigint smallint", media)
        out.insert("quarantine", "bigint text text text bigint bigint bigint bytea", rows["quarantine"])
        self._write_complaints(out)
        moved = [(day, last) for day, last in turn.days.items() if last != self._days_before.get(day)]
        out.insert("days", "int bigint", moved, "ON CONFLICT (day) DO UPDATE SET last = excluded.last")
        groups = [(n, self._groups[n]) for n in self._changed_groups]
        out.insert(
            "groups",
            "bytea bigint int int",
            [(name, g.complaint_id, g.seen, g.parts) for name, g in groups],
            "ON CONFLICT (name) DO UPDATE SET complaint_id = excluded.complaint_id, "
            "seen = excluded.seen, parts = excluded.parts",
        )
        out.insert(
            "cursors",
            "text text text",
            [(*name, value) for name, value in self._cursors.items()],
            "ON CONFLICT (account, name) DO UPDATE SET value = excluded.value",
        )
        if self._no_longer_kept:
            out.add("DELETE FROM kept WHERE raw_id = ANY ($1::bigint[])", self._no_longer_kept)
        await out.run(self._db)
        if self._words:
            await note_words(turn, self._words)

    def _write_complaints(self, out: Together) -> None:
        """Whoever took the latest message of a complaint goes on with it: that gateway is awake."""
        gateway = self._turn.gateway
        opened = [
            (
                c.complaint_id,
                c.ticket,
                *c.opened,
                c.state,
                0,
                c.version,
                c.due_at,
                c.quiet_until,
                c.against,
                gateway,
            )
            for c in self._cases.values()
            if c.opened is not None
        ]
        out.insert(
            "complaints", "bigint bigint text text text bigint int int int bigint bigint text bigint", opened
        )
        joined = [c for c in self._cases.values() if c.opened is None and c.touched]
        if joined:
            out.add(
                "UPDATE complaints c SET version = v.version, due_at = v.due_at, quiet_until = v.quiet_until, "
                "holder = $5 FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[]) "
                "AS v (id, version, due_at, quiet_until) WHERE c.complaint_id = v.id",
                [c.complaint_id for c in joined],
                [c.version for c in joined],
                [c.due_at for c in joined],
                [c.quiet_until for c in joined],
                gateway,
            )
