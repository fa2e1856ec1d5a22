"""What every journal remembers of recent complaints: written with the settling, followed in order, pruned by age."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from complaint_queue.journal import Admitted, Journal
from tests.journal_world import (
    PLANTED,
    START,
    Disk,
    HeldClock,
    admit,
    event,
    one,
)

DAY = timedelta(days=1)


async def filed(journal: Journal, name: str, fingerprint: bytes | None) -> Admitted:
    admitted = await one(journal, admit(name))
    await settle(journal, admitted.complaint_id, 1, fingerprint)
    return admitted


async def settle(journal: Journal, complaint_id: int, sequence: int, fingerprint: bytes | None) -> bool:
    file = await journal.complaint(complaint_id)
    assert file is not None
    events = [(event(sequence), tuple(m.message_id for m in file.messages))]
    return await journal.settle(
        complaint_id, file.version, events, b"record", "filed", fingerprint=fingerprint
    )


async def seen(journal: Journal, after: int = 0, limit: int = 1000) -> list[tuple[int, bytes]]:
    return [(f.complaint_id, f.body) for f in await journal.fingerprints(after, START - DAY, limit)]


async def test_a_fingerprint_is_written_with_the_settling_and_followed_in_pages(journal: Journal) -> None:
    told = [await filed(journal, str(n), b"print %d" % n) for n in range(7)]
    none = await filed(journal, "without", None)
    assert await seen(journal) == [(a.complaint_id, b"print %d" % n) for n, a in enumerate(told)]
    assert none.complaint_id not in dict(await seen(journal))
    position, paged = 0, []
    while page := await journal.fingerprints(position, START - DAY, 3):
        assert [f.position for f in page] == sorted(f.position for f in page)
        position = page[-1].position
        paged += [f.complaint_id for f in page]
    assert paged == [a.complaint_id for a in told]


async def test_a_newer_one_takes_the_place_and_comes_last(journal: Journal) -> None:
    first, second = await filed(journal, "1", b"first"), await filed(journal, "2", b"second")
    last = (await journal.fingerprints(0, START - DAY))[-1].position
    assert await settle(journal, first.complaint_id, 2, b"first, told more")
    assert await seen(journal, after=last) == [(first.complaint_id, b"first, told more")]
    assert await settle(journal, second.complaint_id, 2, b"")
    assert await settle(journal, first.complaint_id, 3, None)
    assert await seen(journal) == [(first.complaint_id, b"first, told more"), (second.complaint_id, b"")]


async def test_a_settling_that_is_refused_writes_none(journal: Journal) -> None:
    admitted = await one(journal, admit("1"))
    file = await journal.complaint(admitted.complaint_id)
    assert file is not None
    assert not await journal.settle(
        admitted.complaint_id, file.version + 1, [(event(1), ())], b"r", "filed", fingerprint=b"print"
    )
    assert await seen(journal) == []


async def test_old_ones_are_left_out_and_removed_a_few_at_a_time(journal: Journal, clock: HeldClock) -> None:
    old = [await filed(journal, f"old {n}", b"old") for n in range(5)]
    clock.forward(3 * 86_400)
    new = await filed(journal, "new", b"new")
    later = START + 2 * DAY
    assert [f.complaint_id for f in await journal.fingerprints(0, later)] == [new.complaint_id]
    assert await journal.forget_fingerprints(later, limit=3) == 3
    assert await seen(journal) == [
        *((a.complaint_id, b"old") for a in old[3:]),
        (new.complaint_id, b"new"),
    ]
    assert await journal.forget_fingerprints(later) == 2
    assert await journal.forget_fingerprints(later) == 0
    assert await seen(journal) == [(new.complaint_id, b"new")]


async def test_fingerprints_outlive_a_restart_and_positions_go_on(
    journal: Journal, factory: Callable[..., Journal], tmp_path: Path, clock: HeldClock
) -> None:
    first = await filed(journal, "1", b"kept")
    (before,) = await journal.fingerprints(0, START - DAY)
    await journal.close()
    again = factory(tmp_path, clock)
    await again.open()
    try:
        assert await seen(again) == [(first.complaint_id, b"kept")]
        second = await filed(again, "2", b"later")
        assert second.complaint_id > before.position
        assert await seen(again, after=before.position) == [(second.complaint_id, b"later")]
    finally:
        await again.close()


async def test_a_fingerprint_cannot_be_read_in_the_files(journal: Journal, disk: Disk) -> None:
    await filed(journal, "1", PLANTED.encode() * 3)
    for path, content in (await disk.files()).items():
        assert PLANTED.encode() not in content, path
