"""The way out in PostgreSQL: replies, deliveries, statuses and progress.

See `way_out` for what each of them promises. What is written runs in the writer's turn.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .postgres_rows import Together
from .postgres_writer import Turn
from .sqlite_replies import RANK, Sealed
from .sqlite_rows import micros
from .way_out import REPLY_STATES, Outcome, Progress, ProviderWord, ReplyState, Said

_WAITING, _SENDING, _SENT, _REFUSED, _UNKNOWN, _DROPPED = range(6)
_pack = msgspec.msgpack.Encoder().encode


def add(turn: Turn, out: Together, sealed: Sequence[Sealed]) -> None:
    """Put replies in line."""
    rows = []
    for one in sealed:
        r = one.reply
        due_at = turn.now if r.after is None else max(turn.now, micros(r.after))
        row = (turn.ids.next(), r.person, r.account, r.complaint_id, r.purpose, _WAITING, due_at, 0, 0, None)
        rows.append((*row, r.mark, one.body, turn.gateway))
    out.insert("replies", "bigint bytea text bigint text int bigint int int bigint bytea bytea bigint", rows)


async def note_status(
    turn: Turn,
    name: bytes,
    complaint_id: int,
    before: Progress,
    sealed_now: bytes,
    replies: Sequence[Sealed],
) -> Outcome:
    """One status of the CRM: once, and only on top of the progress that it was worked out from."""
    if await turn.db.fetchval("SELECT 1 FROM statuses WHERE name = $1", name) is not None:
        return "duplicate"
    sealed = await turn.db.fetchval("SELECT body FROM progress WHERE complaint_id = $1", complaint_id)
    known = Progress() if sealed is None else turn.codec.unpack("progress", sealed, Progress)
    if known != before:
        return "moved"
    out = Together()
    out.add("INSERT INTO statuses VALUES ($1, $2, $3)", name, complaint_id, turn.now)
    out.add(
        "INSERT INTO progress VALUES ($1, $2, $3) ON CONFLICT (complaint_id) "
        "DO UPDATE SET body = excluded.body, change = excluded.change",
        complaint_id,
        sealed_now,
        turn.ids.next(),
    )
    add(turn, out, replies)
    await out.run(turn.db)
    return "noted"


async def begin(turn: Turn, reply_id: int) -> bool:
    """Count an attempt. Of several gateways that saw it due, one begins it."""
    changed = await turn.db.fetchval(
        "UPDATE replies SET state = 1, tries = tries + 1, holder = $2 WHERE reply_id = $1 AND state = 0 RETURNING 1",
        reply_id,
        turn.gateway,
    )
    return changed is not None


async def sent(turn: Turn, reply_id: int, name: bytes | None, at: int) -> None:
    """The provider took it; what it has said of it already stays."""
    out = Together()
    out.add("UPDATE replies SET state = 2, ended_at = $2 WHERE reply_id = $1", reply_id, at)
    if name is not None:
        out.add(
            "INSERT INTO deliveries VALUES ($1, $2, '', $3) "
            "ON CONFLICT (name) DO UPDATE SET reply_id = excluded.reply_id",
            name,
            reply_id,
            at,
        )
    await out.run(turn.db)


async def later(turn: Turn, reply_id: int, at: int, unsure: bool) -> None:
    """The attempt failed; it is due again at `at`, and what waits behind it not before: else all of that would be
    looked through, at each look, to find what may be said."""
    await turn.db.execute(
        "UPDATE replies SET state = 0, due_at = $2, unsure = unsure + $3 WHERE reply_id = $1 AND state = 1",
        reply_id,
        at,
        int(unsure),
    )
    await turn.db.execute(
        "UPDATE replies SET due_at = $2 WHERE person = (SELECT person FROM replies WHERE reply_id = $1) "
        "AND reply_id > $1 AND state = 0 AND due_at < $2",
        reply_id,
        at,
    )


async def ended(turn: Turn, reply_id: int, state: ReplyState, reason: str) -> None:
    """Nothing more is tried. The reason is sealed beside the words: it may quote an address."""
    sealed = await turn.db.fetchval("SELECT body FROM replies WHERE reply_id = $1", reply_id)
    if sealed is None:
        return
    said = turn.codec.unpack("reply", sealed, Said)
    await turn.db.execute(
        "UPDATE replies SET state = $2, ended_at = $3, body = $4 WHERE reply_id = $1 AND state < 2",
        reply_id,
        REPLY_STATES.index(state),
        turn.now,
        turn.codec.seal("reply", _pack(msgspec.structs.replace(said, trouble=reason[:300]))),
    )


async def set_aside(turn: Turn, reply_id: int) -> None:
    """Its words do not open: it ends, so that those behind it leave."""
    await turn.db.execute(
        "UPDATE replies SET state = $2, ended_at = $3 WHERE reply_id = $1 AND state < 2",
        reply_id,
        _DROPPED,
        turn.now,
    )


async def recover(turn: Turn, others: Sequence[int]) -> tuple[int, int]:
    """What was being sent when a gateway ended, but for what `others` send: once more, and then no more."""
    again = await turn.db.fetch(
        "UPDATE replies SET state = 0, unsure = 1 WHERE state = 1 AND unsure = 0 AND holder <> ALL ($1::bigint[]) "
        "RETURNING 1",
        list(others),
    )
    given_up = await turn.db.fetch(
        "UPDATE replies SET state = $2, ended_at = $3 WHERE state = 1 AND holder <> ALL ($1::bigint[]) RETURNING 1",
        list(others),
        _UNKNOWN,
        turn.now,
    )
    return len(again), len(given_up)


async def note_words(turn: Turn, words: Sequence[ProviderWord]) -> None:
    """What providers say of our messages; a late lower word changes nothing."""
    highest: dict[bytes, str] = {}
    for word in words:
        if RANK[word.state] > RANK[highest.get(word.name, "")]:
            highest[word.name] = word.state
    rows = await turn.db.fetch(
        "SELECT name, state FROM deliveries WHERE name = ANY ($1::bytea[])", list(highest)
    )
    known = dict(rows)
    news = [(n, 0, s, turn.now) for n, s in highest.items() if n not in known or RANK[s] > RANK[known[n]]]
    out = Together()
    out.insert(
        "deliveries",
        "bytea bigint text bigint",
        news,
        "ON CONFLICT (name) DO UPDATE SET state = excluded.state, at = excluded.at",
    )
    await out.run(turn.db)
