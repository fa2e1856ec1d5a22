"""What the console asks the derived store, the map aside. Each is a function of a connection, for `ReadingStore.ask`.

Moments are `datetime`s in UTC; slots are the start of a minute or an hour. What is about an office is left out for
`hidden_from` that office, in every list; the board's counts are of all.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from complaint_queue.journal import ComplaintState
from complaint_queue.sqlite_rows import STATES, Ids, micros, moment
from complaint_queue.way_out import Step
from intake.reading.gathered import gathered
from intake.reading.mapped import day_of
from intake.reading.rows import DELAYS, JAKARTA_AHEAD

_WORD = re.compile(r"\w+", re.UNICODE)


class Slot(Struct, frozen=True, array_like=True):
    """How much came in one slot over one channel. `start` is in seconds since 1970."""

    start: int
    channel: str
    messages: int
    complaints: int


class Delays(Struct, frozen=True):
    """How long events took to reach the CRM's broker: milliseconds; None without any."""

    events: int
    half: int | None
    most: int | None
    """95 of 100 took up to this."""


class Backlog(Struct, frozen=True):
    """Events that the broker has not confirmed."""

    waiting: int
    oldest: datetime | None


class Row(Struct, frozen=True, kw_only=True):
    """A complaint in a list. `text` is its public text, empty when it is confidential."""

    complaint_id: int
    ticket: str
    account: str
    channel: str
    opened_at: datetime
    state: ComplaintState
    kind: str
    kind_confidence: float
    category: str
    kelurahan: str
    kecamatan: str
    confidential: bool
    stage: str
    why: str
    text: str
    reporter: str


class Happening(Struct, frozen=True):
    """One thing on a complaint's way. `what` is message, event, confirmed, reply or stage; `word` says which."""

    at: datetime
    what: str
    word: str
    detail: str = ""


class AccountNews(Struct, frozen=True):
    """What one account brought. `last` is the start of its last minute with anything."""

    account: str
    channel: str
    last: datetime
    messages: int


def rate(db: sqlite3.Connection, since: datetime, seconds: int) -> list[Slot]:
    """Slots of `seconds` (a multiple of 60; from 3600 on, of 3600) since then, with what came over each channel.

    Those of a day begin at Jakarta's midnight.
    """
    table = "hours" if seconds % 3600 == 0 else "minutes"
    shift = JAKARTA_AHEAD // 1_000_000 if seconds == 86400 else 0
    begin = (int(since.timestamp()) + shift) // seconds * seconds - shift
    return gathered(
        db,
        "start, channel, messages, complaints",
        "SELECT (slot + ?3) / ?1 * ?1 - ?3 AS start, channel, sum(messages) AS messages, "  # noqa: S608
        f"sum(complaints) AS complaints FROM {table} WHERE slot >= ?2 GROUP BY 1, 2 ORDER BY 1, 2",
        (seconds, begin, shift),
        Slot,
    )


def delays(db: sqlite3.Connection, since: datetime) -> Delays:
    """Half of the events took up to `half`, 95 of 100 up to `most`, each rounded up to a threshold."""
    counts = dict(
        db.execute(
            "SELECT upto, sum(events) FROM delays WHERE slot >= ? GROUP BY upto", (int(since.timestamp()),)
        ).fetchall()
    )
    total = sum(counts.values())
    return Delays(total, _share(counts, total * 0.5), _share(counts, total * 0.95))


def _share(counts: dict[int, int], wanted: float) -> int | None:
    seen = 0
    for upto in DELAYS:
        seen += counts.get(upto, 0)
        if seen and seen >= wanted:
            return upto
    return None


def backlog(db: sqlite3.Connection) -> Backlog:
    """What the CRM has not got yet."""
    count, position = db.execute(
        "SELECT count(*), min(position) FROM events WHERE confirmed_at IS NULL"
    ).fetchone()
    if not count:
        return Backlog(0, None)
    (at,) = db.execute("SELECT occurred_at FROM events WHERE position = ?", (position,)).fetchone()
    return Backlog(count, moment(at))


def accounts(db: sqlite3.Connection, since: datetime) -> list[AccountNews]:
    """Every account that brought something since then, by the hour."""
    rows = db.execute(
        "SELECT account, channel, lately.slot, sum(messages) FROM hours JOIN lately USING (account, channel) "
        "WHERE hours.slot >= ? GROUP BY account, channel ORDER BY account, channel",
        (int(since.timestamp()) // 3600 * 3600,),
    )
    return [
        AccountNews(account, channel, datetime.fromtimestamp(slot, UTC), count)
        for account, channel, slot, count in rows
    ]


def reply_states(db: sqlite3.Connection, since: datetime) -> dict[str, int]:
    """How many replies made since then are in each state, and `delivered`, `read`, `failed` by the provider's word."""
    # A reply's id grows with the time at which it was made, so its key is the index.
    rows = db.execute(
        "SELECT state, delivery, count(*) FROM replies WHERE reply_id >= ? GROUP BY 1, 2",
        (Ids.first_at(micros(since)),),
    )
    found: dict[str, int] = {}
    for state, delivery, count in rows:
        name = delivery if state == "sent" and delivery in ("delivered", "read", "failed") else state
        found[name] = found.get(name, 0) + count
    return found


def stages(db: sqlite3.Connection, since: datetime) -> dict[str, int]:
    """Filed complaints since that day by the CRM's stage; empty for those of which it has said nothing."""
    rows = db.execute(
        "SELECT stage, sum(complaints) FROM stage_days WHERE day >= ? GROUP BY stage HAVING sum(complaints) > 0",
        (day_of(since),),
    )
    return dict(rows.fetchall())


_ROW = (
    "complaint_id, ticket, account, channel, opened_at, state, kind, kind_confidence, category, kelurahan, kecamatan, "
    "confidential, stage, why, text, reporter"
)


def _rows(db: sqlite3.Connection, query: str, asked: Sequence[object]) -> list[Row]:
    made = []
    for values in gathered(db, _ROW, query, asked, list):
        given = dict(zip(Row.__struct_fields__, values, strict=True))
        given["opened_at"] = moment(given["opened_at"])
        given["state"] = STATES[given["state"]]
        given["confidential"] = bool(given["confidential"])
        made.append(Row(**given))
    return made


def by_ticket(db: sqlite3.Connection, ticket: str, hidden_from: str = "") -> Row | None:
    """The complaint with this ticket, in its official spelling."""
    found = _rows(
        db,
        f"SELECT {_ROW} FROM complaints WHERE ticket = ? AND (against <> ? OR ? = '')",  # noqa: S608
        (ticket, hidden_from, hidden_from),
    )
    return found[0] if found else None


def by_words(
    db: sqlite3.Connection, typed: str, *, before: int = 0, limit: int = 50, hidden_from: str = ""
) -> list[Row]:
    """Complaints whose public text has every word that was `typed`, the newest first; `before` turns the page."""
    words = _WORD.findall(typed)[:12]
    if not words:
        return []
    # Quoted, so that nothing a person types is an operator of the search language; the last may be half a word.
    asked = " ".join(f'"{word}"' for word in words[:-1]) + f' "{words[-1]}"*'
    return _rows(
        db,
        f"SELECT {_ROW} FROM complaints WHERE complaint_id IN "  # noqa: S608
        "(SELECT rowid FROM words WHERE words MATCH ?1 AND (?2 = 0 OR rowid < ?2) ORDER BY rowid DESC LIMIT ?3) "
        "AND (against <> ?4 OR ?4 = '') ORDER BY complaint_id DESC",
        (asked, before, limit, hidden_from),
    )


def by_reporters(
    db: sqlite3.Connection, reporters: Sequence[str], *, limit: int = 50, hidden_from: str = ""
) -> list[Row]:
    """Complaints of the persons behind these keyed hashes, the newest first."""
    holes = ",".join("?" * len(reporters))
    return _rows(
        db,
        f"SELECT {_ROW} FROM complaints WHERE reporter IN ({holes}) AND reporter <> '' "  # noqa: S608
        "AND (against <> ? OR ? = '') ORDER BY complaint_id DESC LIMIT ?",
        [*reporters, hidden_from, hidden_from, limit],
    )


def waiting(db: sqlite3.Connection, *, after: int = 0, limit: int = 50, hidden_from: str = "") -> list[Row]:
    """What waits for a person's decision, the oldest first; `after` turns the page."""
    return _rows(
        db,
        f"SELECT {_ROW} FROM complaints WHERE state = 3 AND complaint_id > ? "  # noqa: S608
        "AND (against <> ? OR ? = '') ORDER BY complaint_id LIMIT ?",
        (after, hidden_from, hidden_from, limit),
    )


def count_waiting(db: sqlite3.Connection) -> int:
    """How many wait for a decision."""
    count: int = db.execute("SELECT count(*) FROM complaints WHERE state = 3").fetchone()[0]
    return count


def newest(db: sqlite3.Connection, *, limit: int = 20, hidden_from: str = "") -> list[Row]:
    """The newest filed complaints."""
    return _rows(
        db,
        f"SELECT {_ROW} FROM complaints WHERE state = 1 AND (against <> ? OR ? = '') "  # noqa: S608
        "ORDER BY complaint_id DESC LIMIT ?",
        (hidden_from, hidden_from, limit),
    )


def story(db: sqlite3.Connection, complaint_id: int) -> list[Happening]:
    """A complaint's whole way, from its first message to the last stage, in order."""
    found: list[Happening] = []
    for (at,) in db.execute("SELECT received_at FROM messages WHERE complaint_id = ?", (complaint_id,)):
        found.append(Happening(moment(at), "message", "received"))
    for kind, sequence, at, confirmed in db.execute(
        "SELECT kind, sequence, occurred_at, confirmed_at FROM events WHERE complaint_id = ?", (complaint_id,)
    ):
        found.append(Happening(moment(at), "event", kind, str(sequence)))
        if confirmed is not None:
            found.append(Happening(moment(confirmed), "confirmed", kind, str(sequence)))
    for purpose, state, made, ended, delivery in db.execute(
        "SELECT purpose, state, made_at, ended_at, delivery FROM replies WHERE complaint_id = ? AND complaint_id > 0",
        (complaint_id,),
    ):
        found.append(Happening(moment(made if ended is None else ended), "reply", state, delivery or purpose))
    row = db.execute("SELECT steps FROM complaints WHERE complaint_id = ?", (complaint_id,)).fetchone()
    if row is not None and row[0]:
        steps = msgspec.msgpack.decode(row[0], type=tuple[Step, ...])
        found += [Happening(step.at, "stage", step.stage or step.word, step.agency) for step in steps]
    order = {"message": 0, "event": 1, "confirmed": 2, "reply": 3, "stage": 4}
    return sorted(found, key=lambda one: (one.at, order[one.what]))
