"""Ids grow whatever the clock does; tickets and times survive their integers; one statement takes any number."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaint_queue.sqlite_rows import (
    Ids,
    day_number,
    insert,
    micros,
    moment,
    ticket_from,
    ticket_number,
    ticket_text,
    where_in,
)

NOW = micros(datetime(2026, 11, 23, 4, 30, tzinfo=UTC))


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 9000)), max_size=5))
def test_ids_always_grow(steps: list[tuple[int, int]]) -> None:
    ids, now, made = Ids(), NOW, []
    for step, count in steps:
        now += step
        ids.at(now)
        made += [ids.next() for _ in range(count)]
    assert made == sorted(set(made))
    assert all(0 < i < 2**63 for i in made)


def test_ids_follow_the_time_and_carry_their_node() -> None:
    ids = Ids(node=5)
    ids.at(NOW)
    first = ids.next()
    ids.at(NOW + 1_000_000)
    second = ids.next()
    assert (second >> 22) - (first >> 22) == 1000
    assert {i >> 12 & 1023 for i in (first, second)} == {5}
    assert first >> 22 == NOW // 1000 - Ids.EPOCH
    with pytest.raises(ValueError, match="1023"):
        Ids(node=1024)


def test_ids_after_a_start_are_past_the_last_one() -> None:
    ids = Ids()
    ids.at(NOW)
    last = [ids.next() for _ in range(10_000)][-1]
    later = Ids(last=last)
    later.at(NOW - 10**12)
    assert later.next() > last


@given(st.datetimes(datetime(2020, 1, 1), datetime(2080, 1, 1)))  # noqa: DTZ001 - made aware below
def test_a_moment_survives_to_the_microsecond(naive: datetime) -> None:
    aware = naive.replace(tzinfo=UTC)
    assert moment(micros(aware)) == aware
    assert moment(micros(aware) + 1) - aware == timedelta(microseconds=1)


@pytest.mark.parametrize("number", [1, 42, 9_999, 10_000, 1_234_567])
def test_a_ticket_is_found_by_what_people_read(number: int) -> None:
    ticket = ticket_number(day_number("2026-11-23"), number)
    text = ticket_text(ticket)
    assert text.startswith(f"261123-{number:04d}-")
    assert ticket_from(f" {text.replace('-', ' ')} ") == ticket
    wrong = text[:-1] + str((int(text[-1]) + 1) % 10)
    assert ticket_from(wrong) is None


def test_any_number_of_rows_is_written_and_found() -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    rows = [(n, str(n)) for n in range(1000)]
    for start, stop in ((0, 1), (1, 64), (64, 129), (129, 1000)):
        insert(db, "INSERT INTO t", 2, rows[start:stop])
    insert(db, "INSERT INTO t", 2, [])
    assert sorted(where_in(db, "SELECT a, b FROM t WHERE a IN", range(-5, 2000))) == rows
    assert where_in(db, "SELECT a FROM t WHERE a IN", []) == []
    assert where_in(db, "SELECT a FROM t WHERE b = ? AND a IN", [3, 4, 5], ["4"]) == [(4,)]
    db.close()
