"""A provider that is away is left alone, and nobody else waits for it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from intake.resting import FIRST_REST, LONGEST_REST, TOLERATED, Resting

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_one_persons_trouble_is_nobody_elses() -> None:
    resting = Resting(turns=4)
    for _ in range(TOLERATED - 1):
        assert resting.failed("telegram", NOW) == 0
    assert resting.closed(NOW, {}) == ()
    assert not resting.answered("telegram"), "it was never thought to be away"
    assert resting.failed("telegram", NOW) == 0, "it answered in between"


def test_a_rest_is_doubled_and_ends_with_an_answer() -> None:
    resting, at, rests = Resting(turns=4), NOW, []
    while len(rests) < 8:
        if seconds := resting.failed("telegram", at):
            rests.append(seconds)
            assert resting.failed("telegram", at) == 0, "those that fail together count once"
            assert resting.closed(at, {}) == ("telegram",)
            assert resting.next(at) == at + timedelta(seconds=seconds)
            at += timedelta(seconds=seconds)
            assert resting.closed(at, {}) == ()
            assert resting.next(at) is None
    assert rests == [min(LONGEST_REST, FIRST_REST * 2**n) for n in range(8)]
    assert resting.answered("telegram")
    assert resting.room("telegram", {}) == 4


def test_after_a_rest_one_answer_alone_is_tried() -> None:
    resting = Resting(turns=4)
    for _ in range(TOLERATED):
        resting.failed("telegram", NOW)
    later = after(FIRST_REST)
    assert resting.room("telegram", {}) == 1
    assert resting.closed(later, Counter(telegram=1)) == ("telegram",)
    assert resting.room("x", {}) == 4, "nobody else rests"


def test_who_keeps_us_waiting_leaves_room_for_others() -> None:
    resting = Resting(turns=4)
    assert resting.closed(NOW, Counter(telegram=3)) == ()
    assert resting.closed(NOW, Counter(telegram=4)) == ("telegram",)
    assert resting.room("telegram", Counter(telegram=4)) == 0
