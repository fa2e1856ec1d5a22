"""How the SQLite journal writes things down: ids, times, tickets, and many rows in one statement.

One statement for many rows is more than tidiness: Python's sqlite3 gives up the interpreter's lock at every step of
a statement, and under load a thread waits for milliseconds to get it back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from normalizer.errors import Damaged
from normalizer.identity import read_ticket, ticket_of
from normalizer.record import Message

from .journal import ComplaintState

T = TypeVar("T")
STATES: tuple[ComplaintState, ...] = ("open", "filed", "set_aside", "triage")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
TICKETS_A_DAY = 10**9


class MessageBody(Struct, frozen=True, array_like=True):
    """What is sealed of a message: itself, and the hash of the raw event that it was read from."""

    message: Message
    raw_sha256: str


class Details(Struct, frozen=True, array_like=True):
    """What is sealed of a quarantine entry: it may quote what a citizen wrote."""

    reason: str
    item: int = -1
    external_id: str = ""


def micros(moment: datetime) -> int:
    """A moment as microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The moment of `micros`, in UTC. Raises `Damaged` for a number that no clock has shown."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise Damaged("a stored time is damaged") from None


@lru_cache(maxsize=64)
def day_number(iso: str) -> int:
    """`2026-11-23` as 261123."""
    day = date.fromisoformat(iso)
    return day.year % 100 * 10_000 + day.month * 100 + day.day


@lru_cache(maxsize=64)
def _day(number: int) -> date:
    return date(2000 + number // 10_000, number // 100 % 100, number % 100)


def ticket_number(day: int, number: int) -> int:
    """The integer under which a ticket is found."""
    return day * TICKETS_A_DAY + number


def ticket_text(ticket: int) -> str:
    """The ticket as people know it. Raises `Damaged` for a number that was never given."""
    day, number = divmod(ticket, TICKETS_A_DAY)
    try:
        return ticket_of(_day(day), number)
    except ValueError:
        raise Damaged("a stored ticket is damaged") from None


def ticket_from(text: str) -> int | None:
    """The integer of a ticket that a person typed; None when its check digit fails."""
    ticket = read_ticket(text)
    if ticket is None:
        return None
    day, number, _ = ticket.split("-")
    return ticket_number(int(day), int(number))


def readable(make: Callable[[Any], T], rows: Iterable[Any]) -> tuple[T, ...]:
    """What `make` makes of each row; one that is damaged is left out, so that it never hides the others."""
    found = []
    for row in rows:
        with suppress(Damaged):
            found.append(make(row))
    return tuple(found)


class Ids:
    """Time-ordered 63-bit ids: 41 bits of milliseconds since 2020, 10 of the node, 12 of a counter.

    They grow even if the clock steps back, and more than 4,096 in a millisecond borrow from the next ones.
    """

    EPOCH = 1_577_836_800_000

    def __init__(self, node: int = 0, last: int = 0) -> None:
        if not 0 <= node < 1024:
            raise ValueError("a node is a number from 0 to 1023")
        self._node = node << 12
        self._millisecond = last >> 22
        self._counter = 0xFFF

    @classmethod
    def first_at(cls, microseconds: int) -> int:
        """The smallest id of that moment."""
        return max(0, microseconds // 1000 - cls.EPOCH) << 22

    @classmethod
    def time_of(cls, number: int) -> int:
        """The moment of an id, in microseconds since 1970, to the millisecond."""
        return ((number >> 22) + cls.EPOCH) * 1000

    def at(self, microseconds: int) -> None:
        """Take the time, once for many ids."""
        millisecond = microseconds // 1000 - self.EPOCH
        if millisecond > self._millisecond:
            self._millisecond, self._counter = millisecond, -1

    def next(self) -> int:
        """An id greater than every one before."""
        if self._counter >= 0xFFF:
            self._millisecond += 1
            self._counter = -1
        self._counter += 1
        return self._millisecond << 22 | self._node | self._counter


#: Every number of rows up to this has its own statement, which stays prepared.
_BATCH = 64


@lru_cache(maxsize=2048)
def _values(head: str, columns: int, rows: int, tail: str) -> str:
    row = f"({','.join('?' * columns)})"
    return f"{head} VALUES {','.join([row] * rows)}{tail}"


def insert(
    db: sqlite3.Connection, head: str, columns: int, rows: Sequence[Sequence[Any]], tail: str = ""
) -> None:
    """`head VALUES (…), (…), …tail` for any number of rows, in few statements."""
    at, count = 0, len(rows)
    while at < count:
        size = min(_BATCH, count - at)
        flat = [value for row in rows[at : at + size] for value in row]
        db.execute(_values(head, columns, size, tail), flat)
        at += size


@lru_cache(maxsize=128)
def _in(head: str, count: int, tail: str) -> str:
    return f"{head} ({','.join('?' * count)}){tail}"


def where_in(
    db: sqlite3.Connection, head: str, values: Iterable[Any], before: Sequence[Any] = (), tail: str = ""
) -> list[Any]:
    """The rows of `head IN (…)`; `head` ends with IN, `before` are the parameters that stand in it."""
    found: list[Any] = []
    wanted = list(values)
    for at in range(0, len(wanted), 256):
        part = wanted[at : at + 256]
        size = 1 << (len(part) - 1).bit_length()
        part += [part[-1]] * (size - len(part))  # few lengths, so that the statements stay prepared
        found += db.execute(_in(head, size, tail), [*before, *part]).fetchall()
    return found


_pack = msgspec.msgpack.Encoder().encode


def pack_message(message: Message, raw_sha256: str) -> bytes:
    """A message as it is sealed."""
    return _pack(MessageBody(message, raw_sha256))
