"""What every journal promises. A journal is added to `FACTORIES`; nothing here knows which one it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from complaint_queue.codec import Codec
from complaint_queue.journal import Admission, Admit, Admitted, Held, Journal, NewEvent
from complaint_queue.journal_postgres import PostgresJournal
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import Keyring
from complaint_queue.postgres_open import connect
from normalizer.errors import Unavailable
from normalizer.identity import claim_of, read_ticket, ticket_of
from normalizer.ports import MediaFacts
from normalizer.record import Attachment, Coordinates, Message, RawEvent, Sender

START = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
ACCOUNT = "sms-contoh"
SITI, BUDI = b"siti-contoh-----", b"budi-contoh-----"
PLANTED = "lampu jalan depan pasar contoh padam"


class HeldClock:
    """Time that moves when the test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


KEYRING = Keyring([os.urandom(32)], os.urandom(32))


def sqlite(folder: Path, clock: Callable[[], datetime]) -> Journal:
    return SqliteJournal(folder / "journal.sqlite3", Codec(KEYRING), clock)


def postgres(request: pytest.FixtureRequest) -> Factory:
    url = request.getfixturevalue("postgres_url")
    return lambda folder, clock: PostgresJournal(url, Codec(KEYRING), clock)


Factory = Callable[[Path, Callable[[], datetime]], Journal]
FACTORIES: dict[str, Callable[[pytest.FixtureRequest], Factory]] = {
    "sqlite": lambda request: sqlite,
    "postgres": postgres,
}


@pytest.fixture(params=list(FACTORIES))
def factory(request: pytest.FixtureRequest) -> Factory:
    return FACTORIES[request.param](request)


class Disk:
    """Where a journal keeps its files."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self._url = folder, url

    async def files(self) -> dict[Path, bytes]:
        """Every file as it is now, with what was still in memory."""
        if self._url:
            await self._ask("CHECKPOINT")
        return await asyncio.to_thread(
            lambda: {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        )

    async def written(self) -> int:
        """A number that grows by every byte that is stored."""
        if self._url:
            return int(await self._ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"))
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    async def _ask(self, sql: str) -> Any:
        db = await connect(self._url)
        try:
            return await db.fetchval(sql)
        finally:
            await db.close()


@pytest.fixture
def disk(request: pytest.FixtureRequest, factory: Factory, tmp_path: Path) -> Disk:
    return disk_of(request, tmp_path)


def disk_of(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    """The disk of the journal that this test's `factory` makes."""
    if "postgres_url" not in request.fixturenames:
        return Disk(tmp_path)
    return Disk(request.getfixturevalue("postgres").folder, request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def journal(
    factory: Callable[[Path, Callable[[], datetime]], Journal], tmp_path: Path, clock: HeldClock
) -> AsyncIterator[Journal]:
    made = factory(tmp_path, clock)
    await made.open()
    yield made
    await made.close()


def message(external_id: str, text: str = PLANTED, **more: object) -> Message:
    return Message(external_id=external_id, text=text, sender=Sender(reference="+6281200000000"), **more)  # type: ignore[arg-type]


def admit(external_id: str, sender: bytes = SITI, **more: object) -> Admit:
    given = more.pop("message", None)
    fields: dict[str, object] = {
        "message": given or message(external_id),
        "claim": claim_of(ACCOUNT, external_id),
        "sender": sender,
        "channel": "sms",
        "ticket_day": "2026-11-23",
    }
    return Admit(**(fields | more))  # type: ignore[arg-type]


def raw(body: bytes = b"raw event of a citizen") -> RawEvent:
    return RawEvent(account=ACCOUNT, received_at=START, body=body)


async def one(journal: Journal, admitted: Admit, **more: object) -> Admitted:
    answers = await journal.admit(Admission(raw=raw(), messages=(admitted,), **more))  # type: ignore[arg-type]
    assert len(answers) == 1
    return answers[0]


def event(
    sequence: int, kind: str = "created", revision: int = 0, body: bytes = b"body of an event"
) -> NewEvent:
    return NewEvent(
        kind=kind,  # type: ignore[arg-type]
        sequence=sequence,
        revision=revision,
        occurred_at=START,
        routing_key="created.sms.3171",
        body=body,
    )


async def settle(journal: Journal, complaint_id: int, *events: NewEvent, state: str = "filed") -> bool:
    file = await journal.complaint(complaint_id)
    assert file is not None
    fresh = tuple(m.message_id for m in file.messages if m.event_sequence is None)
    return await journal.settle(
        complaint_id,
        file.version,
        [(e, fresh if e is events[-1] else ()) for e in events],
        b"record",
        state,  # type: ignore[arg-type]
    )


class TestClaims:
    async def test_a_message_opens_a_complaint_with_a_ticket_that_checks(self, journal: Journal) -> None:
        first = await one(journal, admit("1"))
        second = await one(journal, admit("2"))
        assert (first.how, second.how) == ("opened", "opened")
        assert all(read_ticket(a.ticket) == a.ticket for a in (first, second))
        assert first.ticket[:11] == "261123-0001"
        assert second.ticket[:11] == "261123-0002"
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert file == await journal.complaint_by_ticket(first.ticket.replace("-", " "))
        assert (file.account, file.channel, file.state, file.last_sequence) == (ACCOUNT, "sms", "open", 0)
        assert [m.message.text for m in file.messages] == [PLANTED]
        assert file.messages[0].received_at == START
        assert not file.messages[0].third_party
        assert file.messages[0].event_sequence is None

    async def test_fifty_parallel_claims_of_one_message_open_one_complaint(self, journal: Journal) -> None:
        answers = await asyncio.gather(*(one(journal, admit("same")) for _ in range(50)))
        hows = sorted(a.how for a in answers)
        assert hows == ["duplicate"] * 49 + ["opened"]
        assert len({(a.ticket, a.complaint_id, a.message_id) for a in answers}) == 1
        assert (await journal.depths()).tasks == 1

    async def test_a_claim_known_from_an_earlier_transaction_gets_the_first_answer(
        self, journal: Journal
    ) -> None:
        first = await one(journal, admit("1"))
        again = await one(journal, admit("1", message=message("1", "another text")))
        assert again.how == "duplicate"
        assert (again.ticket, again.message_id) == (first.ticket, first.message_id)
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert len(file.messages) == 1

    async def test_claims_that_agree_in_half_their_bytes_are_two_messages(self, journal: Journal) -> None:
        claims = [b"8 equal!" + bytes([n]) * 8 for n in range(4)]
        together = await journal.admit(
            Admission(raw=raw(), messages=tuple(admit(str(n), claim=c) for n, c in enumerate(claims[:3])))
        )
        later = await one(journal, admit("3", claim=claims[3]))
        assert [a.how for a in (*together, later)] == ["opened"] * 4
        for claim, known in zip(claims, (*together, later), strict=True):
            again = await one(journal, admit("again", claim=claim))
            assert (again.how, again.ticket) == ("duplicate", known.ticket)

    async def test_a_batch_answers_each_item_in_order(self, journal: Journal) -> None:
        await one(journal, admit("2"))
        answers = await journal.admit(
            Admission(raw=raw(), messages=(admit("1"), admit("2"), admit("3"), admit("1")))
        )
        assert [a.how for a in answers] == ["opened", "duplicate", "opened", "duplicate"]
        assert answers[3].ticket == answers[0].ticket

    async def test_many_at_once_get_tickets_without_gaps(self, journal: Journal) -> None:
        answers = await asyncio.gather(*(one(journal, admit(str(n))) for n in range(300)))
        numbers = sorted(int(a.ticket.split("-")[1]) for a in answers)
        assert numbers == list(range(1, 301))
        assert len({a.complaint_id for a in answers}) == 300
        assert len(await journal.due(START + timedelta(seconds=1), 1000)) == 300

    async def test_each_day_counts_for_itself(self, journal: Journal) -> None:
        await one(journal, admit("1"))
        other = await one(journal, admit("2", ticket_day="2026-11-24"))
        assert other.ticket.startswith("261124-0001-")

    async def test_a_key_of_a_wrong_length_is_refused_and_harms_no_other(self, journal: Journal) -> None:
        good = [one(journal, admit(str(n))) for n in range(5)]
        bad = one(journal, admit("bad", claim=b"short"))
        results = await asyncio.gather(*good, bad, return_exceptions=True)
        assert isinstance(results[-1], ValueError)
        assert all(isinstance(r, Admitted) and r.how == "opened" for r in results[:-1])


class TestReserved:
    async def test_a_reserved_ticket_goes_to_whoever_bears_it_and_to_nobody_else(
        self, journal: Journal
    ) -> None:
        first = await one(journal, admit("a"))
        kept = await journal.reserve("2026-11-23", 3)
        assert [read_ticket(ticket) for ticket in kept] == list(kept)
        after = await one(journal, admit("b"))
        borne = await one(journal, admit("c", ticket=kept[1]))
        assert borne.ticket == kept[1]
        assert len({first.ticket, after.ticket, *kept}) == 5
        found = await journal.complaint_by_ticket(kept[1])
        assert found is not None
        assert found.complaint_id == borne.complaint_id

    async def test_the_same_entry_again_is_the_same_complaint(self, journal: Journal) -> None:
        (ticket,) = await journal.reserve("2026-11-23", 1)
        answers = await asyncio.gather(*(one(journal, admit("a", ticket=ticket)) for _ in range(8)))
        assert {answer.ticket for answer in answers} == {ticket}
        assert len({answer.complaint_id for answer in answers}) == 1

    async def test_a_ticket_is_borne_once_and_the_next_entry_gets_another(self, journal: Journal) -> None:
        (ticket,) = await journal.reserve("2026-11-23", 1)
        both = await asyncio.gather(
            one(journal, admit("a", ticket=ticket)), one(journal, admit("b", ticket=ticket))
        )
        third = await one(journal, admit("c", ticket=ticket))
        tickets = [answer.ticket for answer in (*both, third)]
        assert ticket in tickets
        assert len(set(tickets)) == 3

    async def test_a_ticket_that_was_never_given_is_given_to_nobody_by_asking(self, journal: Journal) -> None:
        await journal.reserve("2026-11-23", 1)
        for promised in (ticket_of(date(2026, 11, 23), 7), ticket_of(date(2026, 11, 24), 1), "no ticket"):
            answer = await one(journal, admit(promised, ticket=promised))
            assert answer.ticket != promised
        tickets = [(await one(journal, admit(f"x{n}"))).ticket for n in range(8)]
        assert len(set(tickets)) == 8

    async def test_a_ticket_of_yesterday_is_kept(self, journal: Journal) -> None:
        (ticket,) = await journal.reserve("2026-11-22", 1)
        assert (await one(journal, admit("a", ticket=ticket))).ticket == ticket

    async def test_reservations_at_the_same_moment_share_nothing(self, journal: Journal) -> None:
        blocks = await asyncio.gather(*(journal.reserve("2026-11-23", 5) for _ in range(6)))
        assert len({ticket for block in blocks for ticket in block}) == 30


class TestHandles:
    async def test_two_mails_with_one_id_are_both_kept_and_the_second_flagged(self, journal: Journal) -> None:
        handle = claim_of(ACCOUNT, "<one@example.org>")
        first = await one(journal, admit("mail", claim=b"1" * 16, handle=handle))
        second = await one(journal, admit("mail", claim=b"2" * 16, handle=handle))
        again = await one(journal, admit("mail", claim=b"2" * 16, handle=handle))
        assert (first.how, second.how, again.how) == ("opened", "opened", "duplicate")
        files = [await journal.complaint(a.complaint_id) for a in (first, second)]
        flags = [f.messages[0].message.flags for f in files if f]
        assert flags == [(), ("duplicate_message_id",)]

    async def test_a_reply_that_names_the_handle_finds_the_first(self, journal: Journal) -> None:
        handle = claim_of(ACCOUNT, "<one@example.org>")
        first = await one(journal, admit("mail", claim=b"1" * 16, handle=handle))
        reply = await one(journal, admit("reply", follows=(handle,)))
        assert (reply.how, reply.ticket) == ("joined", first.ticket)


class TestGroups:
    GROUP = b"group-of-parts--"

    async def test_the_last_part_makes_it_due(self, journal: Journal, clock: HeldClock) -> None:
        parts = [admit(str(n), group=self.GROUP, parts=3, quiet=60) for n in range(3)]
        first = await one(journal, parts[0])
        assert (await one(journal, parts[1])).how == "joined"
        assert await journal.due(clock.forward(1)) == ()
        third = await one(journal, parts[2])
        assert (third.how, third.ticket) == ("joined", first.ticket)
        assert await journal.due(clock.forward(1)) == (first.complaint_id,)
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert [m.message.external_id for m in file.messages] == ["0", "1", "2"]

    async def test_all_parts_in_one_event_are_due_at_once(self, journal: Journal, clock: HeldClock) -> None:
        parts = tuple(admit(str(n), group=self.GROUP, parts=2, quiet=60) for n in range(2))
        answers = await journal.admit(Admission(raw=raw(), messages=parts))
        assert [a.how for a in answers] == ["opened", "joined"]
        assert await journal.due(clock()) == (answers[0].complaint_id,)

    async def test_a_part_repeated_does_not_count_twice(self, journal: Journal, clock: HeldClock) -> None:
        part = admit("0", group=self.GROUP, parts=2, quiet=60)
        await one(journal, part)
        await one(journal, part)
        assert await journal.due(clock.forward(1)) == ()

    async def test_silence_closes_and_each_part_prolongs(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("0", group=self.GROUP, quiet=10))
        clock.forward(8)
        await one(journal, admit("1", group=self.GROUP, quiet=10))
        assert await journal.due(clock.forward(8)) == ()
        assert await journal.next_due() == START + timedelta(seconds=18)
        assert await journal.due(clock.forward(2)) == (first.complaint_id,)

    async def test_after_a_start_silence_counts_anew(self, journal: Journal, clock: HeldClock) -> None:
        grouped = await one(journal, admit("0", group=self.GROUP, quiet=10))
        single = await one(journal, admit("1"))
        clock.forward(30)
        await journal.prolong(clock() + timedelta(seconds=5))
        assert await journal.due(clock()) == (single.complaint_id,)
        assert set(await journal.due(clock.forward(5))) == {single.complaint_id, grouped.complaint_id}

    async def test_a_late_part_follows_the_settled_complaint(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("0", group=self.GROUP, quiet=5))
        clock.forward(6)
        assert await settle(journal, first.complaint_id, event(1))
        assert await journal.due(clock.forward(600)) == ()
        late = await one(journal, admit("1", group=self.GROUP, quiet=5))
        assert (late.how, late.ticket) == ("followed", first.ticket)
        assert await journal.due(clock()) == (first.complaint_id,)
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert [m.event_sequence for m in file.messages] == [1, None]


class TestFollowing:
    async def test_the_same_sender_joins_while_it_is_open(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("1"))
        edit = await one(journal, admit("edit", follows=(claim_of(ACCOUNT, "1"),)))
        assert (edit.how, edit.complaint_id) == ("joined", first.complaint_id)
        assert await journal.due(clock()) == (first.complaint_id,)

    async def test_an_edit_that_came_first_is_found_by_other_edits_and_by_the_message(
        self, journal: Journal
    ) -> None:
        name, stand_in = claim_of(ACCOUNT, "1"), claim_of(ACCOUNT, "1", "edited")
        edits = [admit(f"edit {n}", follows=(name, stand_in), stands_in=(stand_in,)) for n in range(3)]
        first = await one(journal, edits[0])
        assert first.how == "opened"
        assert (await one(journal, edits[1])).complaint_id == first.complaint_id
        late = await one(journal, admit("1", follows=(stand_in,)))
        assert (late.how, late.complaint_id) == ("joined", first.complaint_id)
        assert (await one(journal, edits[2])).complaint_id == first.complaint_id
        stranger = await one(
            journal, admit("edit x", sender=BUDI, follows=(stand_in,), stands_in=(stand_in,))
        )
        assert stranger.complaint_id != first.complaint_id

    async def test_edits_in_one_admission_find_each_other(self, journal: Journal) -> None:
        stand_in = claim_of(ACCOUNT, "1", "edited")
        both = [admit(f"edit {n}", follows=(stand_in,), stands_in=(stand_in,)) for n in range(2)]
        first, second = await journal.admit(Admission(raw=raw(), messages=tuple(both)))
        assert (first.how, second.how) == ("opened", "joined")
        assert second.complaint_id == first.complaint_id

    async def test_the_same_sender_follows_once_it_was_settled(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("1"))
        assert await settle(journal, first.complaint_id, event(1))
        follow = await one(journal, admit("2", follows=(b"?" * 16, claim_of(ACCOUNT, "1"))))
        assert (follow.how, follow.ticket) == ("followed", first.ticket)
        assert await journal.due(clock()) == (first.complaint_id,)
        further = await one(journal, admit("3", follows=(claim_of(ACCOUNT, "2"),)))
        assert further.complaint_id == first.complaint_id

    async def test_another_sender_opens_a_complaint_of_its_own(self, journal: Journal) -> None:
        first = await one(journal, admit("1"))
        other = await one(journal, admit("2", sender=BUDI, follows=(claim_of(ACCOUNT, "1"),)))
        assert other.how == "opened"
        assert other.complaint_id != first.complaint_id
        file = await journal.complaint(other.complaint_id)
        assert file is not None
        assert [m.third_party for m in file.messages] == [True]
        mine = await journal.complaint(first.complaint_id)
        assert mine is not None
        assert len(mine.messages) == 1

    async def test_what_nobody_knows_opens(self, journal: Journal) -> None:
        lone = await one(journal, admit("2", follows=(claim_of(ACCOUNT, "never seen"),)))
        assert lone.how == "opened"
        file = await journal.complaint(lone.complaint_id)
        assert file is not None
        assert not file.messages[0].third_party

    async def test_within_one_event_the_second_may_follow_the_first(self, journal: Journal) -> None:
        answers = await journal.admit(
            Admission(raw=raw(), messages=(admit("1"), admit("2", follows=(claim_of(ACCOUNT, "1"),))))
        )
        assert [a.how for a in answers] == ["opened", "joined"]
        assert answers[0].ticket == answers[1].ticket


class TestCursors:
    async def test_it_moves_with_its_messages(self, journal: Journal) -> None:
        assert await journal.cursor(ACCOUNT, "offset") is None
        await one(journal, admit("1"), cursor=("offset", "41"))
        assert await journal.cursor(ACCOUNT, "offset") == "41"
        await journal.admit(Admission(raw=raw(), cursor=("offset", "42")))
        assert await journal.cursor(ACCOUNT, "offset") == "42"
        await journal.keep(raw(), ("offset", "43"))
        assert await journal.cursor(ACCOUNT, "offset") == "43"

    async def test_it_stays_when_the_admission_fails(self, journal: Journal) -> None:
        await one(journal, admit("1"), cursor=("offset", "41"))
        with pytest.raises(ValueError, match="16 bytes"):
            await one(journal, admit("2", group=b"short"), cursor=("offset", "42"))
        assert await journal.cursor(ACCOUNT, "offset") == "41"


class TestKept:
    async def test_it_waits_until_it_is_admitted(self, journal: Journal) -> None:
        first = await journal.keep(raw(b"first mail"))
        second = await journal.keep(raw(b"second mail"))
        assert [(k.raw_id, k.tries) for k in await journal.kept()] == [(first, 0), (second, 0)]
        assert (await journal.begin(first)).body == b"first mail"
        await journal.begin(first)
        assert [(k.raw_id, k.tries) for k in await journal.kept()] == [(first, 2), (second, 0)]
        answers = await journal.admit(Admission(raw=raw(b"first mail"), messages=(admit("1"),), raw_id=first))
        assert answers[0].how == "opened"
        assert [k.raw_id for k in await journal.kept()] == [second]
        assert (await journal.raw(first)).body == b"first mail"

    async def test_what_gave_no_message_ends_with_its_fate(self, journal: Journal) -> None:
        raw_id = await journal.keep(raw())
        await journal.finish_kept(raw_id, "ignored:bounce")
        assert await journal.kept() == ()
        assert await journal.quarantined() == ()
        with pytest.raises(LookupError):
            await journal.begin(raw_id)

    async def test_what_could_not_be_read_is_held_and_can_be_replayed(self, journal: Journal) -> None:
        raw_id = await journal.keep(raw(b"poison"))
        await journal.begin(raw_id)
        await journal.finish_kept(raw_id, "quarantined", Held(reason="the parser crashed"))
        (entry,) = await journal.quarantined()
        assert (entry.raw_id, entry.stage, entry.reason) == (raw_id, "parse", "the parser crashed")
        assert await journal.kept() == ()
        await journal.release(entry.entry_id, "replayed")
        assert [(k.raw_id, k.tries) for k in await journal.kept()] == [(raw_id, 0)]
        assert await journal.quarantined() == ()


class TestSettling:
    async def test_it_writes_the_events_and_ends_the_task(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("1"))
        assert await journal.due(clock()) == (first.complaint_id,)
        assert await settle(journal, first.complaint_id, event(1), event(2, "information_added"))
        assert await journal.due(clock.forward(9999)) == ()
        assert await journal.next_due() is None
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert (file.state, file.last_sequence, file.record) == ("filed", 2, b"record")
        assert file.messages[0].event_sequence == 2
        found = await journal.event(first.complaint_id, 1)
        assert found is not None
        assert (found[0].body, found[0].kind, found[1]) == (b"body of an event", "created", False)

    async def test_it_says_no_when_something_joined_meanwhile(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("1"))
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        await one(journal, admit("2", follows=(claim_of(ACCOUNT, "1"),)))
        assert not await journal.settle(file.complaint_id, file.version, [(event(1), ())], b"record", "filed")
        assert await journal.unpublished(10) == ()
        assert await journal.due(clock()) == (first.complaint_id,)

    async def test_of_two_that_settle_at_once_one_writes(self, journal: Journal) -> None:
        first = await one(journal, admit("1"))
        # All have seen the same version before the first of them writes.
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        results = await asyncio.gather(
            *(
                journal.settle(file.complaint_id, file.version, [(event(1), ())], b"record", "filed")
                for _ in range(8)
            )
        )
        assert sorted(results) == [False] * 7 + [True]
        assert len(await journal.unpublished(10)) == 1

    async def test_a_gap_in_the_sequence_raises_and_harms_no_other(self, journal: Journal) -> None:
        ids = [(await one(journal, admit(str(n)))).complaint_id for n in range(3)]
        results = await asyncio.gather(
            settle(journal, ids[0], event(1)),
            settle(journal, ids[1], event(2)),
            settle(journal, ids[2], event(1)),
            return_exceptions=True,
        )
        assert (results[0], results[2]) == (True, True)
        assert isinstance(results[1], ValueError)
        assert [e.complaint_id for e in await journal.unpublished(10)] == [ids[0], ids[2]]

    async def test_a_revision_repeats_a_sequence(self, journal: Journal) -> None:
        first = await one(journal, admit("1"))
        assert await settle(journal, first.complaint_id, event(1))
        assert await settle(journal, first.complaint_id, event(1, "corrected", revision=1, body=b"better"))
        found = await journal.event(first.complaint_id, 1)
        assert found is not None
        assert (found[0].revision, found[0].body) == (1, b"better")

    async def test_set_aside_without_events(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("1"))
        assert await settle(journal, first.complaint_id, state="set_aside")
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert file.state == "set_aside"
        assert await journal.due(clock.forward(60)) == ()

    async def test_a_postponed_task_comes_later(self, journal: Journal, clock: HeldClock) -> None:
        first = await one(journal, admit("1"))
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        assert await journal.due(clock.forward(19)) == ()
        assert await journal.due(clock.forward(1)) == (first.complaint_id,)


class TestTriage:
    async def test_it_waits_until_a_person_files_it(self, journal: Journal, clock: HeldClock) -> None:
        opened = await one(journal, admit("1"))
        assert await settle(journal, opened.complaint_id, state="triage")
        assert await journal.due(clock.forward(3600)) == ()
        assert await journal.triage() == (opened.complaint_id,)
        depths = await journal.depths()
        assert (depths.triage, depths.oldest_triage) == (1, START)
        await journal.decide(opened.complaint_id, "file")
        assert await journal.triage() == ()
        assert await journal.due(clock.now) == (opened.complaint_id,)
        file = await journal.complaint(opened.complaint_id)
        assert file is not None
        assert (file.state, file.record) == ("open", b"record"), "the record says that it was looked at"

    async def test_what_was_laid_aside_has_no_task_and_cannot_be_decided_again(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        opened = await one(journal, admit("1"))
        await settle(journal, opened.complaint_id, state="triage")
        await journal.decide(opened.complaint_id, "set_aside")
        assert await journal.due(clock.forward(3600)) == ()
        assert (await journal.depths()).triage == 0
        with pytest.raises(LookupError):
            await journal.decide(opened.complaint_id, "file")

    async def test_a_message_that_follows_gives_it_a_task_and_it_stays(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        opened = await one(journal, admit("1"))
        await settle(journal, opened.complaint_id, state="triage")
        again = await one(journal, admit("2", follows=(claim_of(ACCOUNT, "1"),)))
        assert again.complaint_id == opened.complaint_id
        assert await journal.due(clock.now) == (opened.complaint_id,)
        assert await journal.triage() == (opened.complaint_id,)


class TestFiled:
    async def test_the_newest_of_one_account_within_a_span(self, journal: Journal, clock: HeldClock) -> None:
        tickets = []
        for number in ("1", "2", "3"):
            opened = await one(journal, admit(number))
            tickets.append(opened.ticket)
            if number != "2":
                await settle(journal, opened.complaint_id, event(1))
            clock.forward(60)
        late = START + timedelta(seconds=500)
        assert [f.ticket for f in await journal.filed(ACCOUNT, START, late)] == [tickets[2], tickets[0]]
        assert [f.ticket for f in await journal.filed(ACCOUNT, START, late, 1)] == [tickets[2]]
        only = await journal.filed(ACCOUNT, START, START + timedelta(seconds=59))
        assert [f.ticket for f in only] == [tickets[0]]
        assert await journal.filed("another", START, late) == ()


class TestOutbox:
    async def test_events_leave_in_order_and_once(self, journal: Journal) -> None:
        ids = [(await one(journal, admit(str(n)))).complaint_id for n in range(3)]
        for complaint_id in ids:
            assert await settle(journal, complaint_id, event(1), event(2, "information_added"))
        waiting = await journal.unpublished(100)
        assert [(e.complaint_id, e.sequence) for e in waiting] == [(i, n) for i in ids for n in (1, 2)]
        assert [e.position for e in waiting] == sorted(e.position for e in waiting)
        assert [e.position for e in await journal.unpublished(2, waiting[1].position)] == [
            e.position for e in waiting[2:4]
        ]
        await journal.mark_published([waiting[0].position, waiting[3].position], START)
        await journal.mark_published([waiting[0].position], START)
        left = [(e.complaint_id, e.sequence) for e in await journal.unpublished(100)]
        assert left == [(ids[0], 2), (ids[1], 1), (ids[2], 1), (ids[2], 2)]
        found = await journal.event(ids[0], 1)
        assert found is not None
        assert found[1]

    async def test_a_complaint_with_an_event_in_quarantine_waits_whole(self, journal: Journal) -> None:
        ids = [(await one(journal, admit(str(n)))).complaint_id for n in range(2)]
        for complaint_id in ids:
            assert await settle(journal, complaint_id, event(1), event(2, "information_added"))
        entry = await journal.quarantine("publish", "refused by the broker", complaint_id=ids[0])
        assert {e.complaint_id for e in await journal.unpublished(100)} == {ids[1]}
        assert (await journal.depths()).unpublished == 4
        await journal.release(entry, "replayed")
        assert [(e.complaint_id, e.sequence) for e in await journal.unpublished(2)] == [
            (ids[0], 1),
            (ids[0], 2),
        ]

    async def test_an_event_that_is_discarded_lets_the_next_flow(self, journal: Journal) -> None:
        complaint_id = (await one(journal, admit("1"))).complaint_id
        assert await settle(journal, complaint_id, event(1), event(2, "information_added"))
        entry = await journal.quarantine("publish", "refused by the broker", complaint_id=complaint_id)
        await journal.release(entry, "discarded")
        assert [e.sequence for e in await journal.unpublished(10)] == [2]
        found = await journal.event(complaint_id, 1)
        assert found is not None
        assert not found[1]


class TestQuarantine:
    async def test_held_items_of_a_batch_stand_beside_the_good_ones(self, journal: Journal) -> None:
        answers = await journal.admit(
            Admission(
                raw=raw(b"batch"),
                messages=(admit("1"),),
                held=(Held(reason="no text field", item=1, external_id="x-2"),),
            )
        )
        assert answers[0].how == "opened"
        (entry,) = await journal.quarantined()
        assert (entry.account, entry.stage, entry.item) == (ACCOUNT, "parse", 1)
        assert (entry.reason, entry.external_id, entry.state) == ("no text field", "x-2", "held")
        assert entry.raw_id is not None
        assert (await journal.raw(entry.raw_id)).body == b"batch"
        assert await journal.quarantine_entry(entry.entry_id) == entry
        await journal.release(entry.entry_id, "discarded")
        assert await journal.quarantined() == ()
        assert [e.entry_id for e in await journal.quarantined("discarded")] == [entry.entry_id]
        with pytest.raises(LookupError):
            await journal.release(entry.entry_id, "replayed")

    async def test_what_is_held_under_a_claim_is_held_once(self, journal: Journal) -> None:
        held = Held(reason="no date", item=1, claim=claim_of(ACCOUNT, "held"))
        for _ in range(2):
            await asyncio.gather(*(journal.admit(Admission(raw=raw(), held=(held,))) for _ in range(5)))
        (entry,) = await journal.quarantined()
        await journal.release(entry.entry_id, "replayed")
        assert entry.raw_id is not None
        await journal.begin(entry.raw_id)
        await journal.admit(Admission(raw=raw(), held=(held,), raw_id=entry.raw_id))
        assert len(await journal.quarantined()) == 1, "unreadable again, it waits again"

    async def test_a_complaint_in_quarantine_has_no_task_until_it_is_replayed(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("1"))
        entry = await journal.quarantine("settle", "a step failed", complaint_id=first.complaint_id)
        assert await journal.quarantine("settle", "again", complaint_id=first.complaint_id) == entry
        assert await journal.due(clock.forward(60)) == ()
        found = await journal.quarantine_entry(entry)
        assert found is not None
        assert (found.account, found.complaint_id) == (ACCOUNT, first.complaint_id)
        await journal.release(entry, "replayed")
        assert await journal.due(clock()) == (first.complaint_id,)


class TestMedia:
    PENDING = Attachment(state="pending", remote="file-id-1", media_type="image/jpeg")

    def _photos(self, external_id: str, count: int, **more: object) -> Admit:
        return admit(external_id, message=message(external_id, attachments=(self.PENDING,) * count), **more)

    async def test_each_pending_file_is_a_job_that_completes_the_message(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, self._photos("1", 2))
        jobs = await journal.media_due(clock())
        assert [(j.account, j.index, j.attachment) for j in jobs] == [
            (ACCOUNT, 0, self.PENDING),
            (ACCOUNT, 1, self.PENDING),
        ]
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        stored = Attachment(state="stored", sha256="a" * 64, size=3, media_type="application/pdf")
        await journal.media_done(jobs[1].job_id, stored)
        assert await journal.due(clock.forward(1)) == ()
        await journal.media_done(jobs[0].job_id, Attachment(state="unavailable"))
        assert await journal.due(clock()) == (first.complaint_id,)
        assert await journal.media_due(clock()) == ()
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert file.media_pending == 0
        assert file.messages[0].message.attachments == (Attachment(state="unavailable"), stored)

    async def test_a_file_that_comes_after_the_first_event_gives_a_new_task(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, self._photos("1", 2))
        assert await settle(journal, first.complaint_id, event(1))
        jobs = await journal.media_due(clock())
        await journal.media_done(jobs[0].job_id, Attachment(sha256="b" * 64))
        assert await journal.due(clock()) == (first.complaint_id,)

    async def test_a_file_that_arrives_does_not_close_an_open_album(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, self._photos("1", 1, group=b"album-of-photos-", quiet=10))
        (job,) = await journal.media_due(clock())
        await journal.media_done(job.job_id, Attachment(sha256="c" * 64))
        assert await journal.due(clock.forward(9)) == ()
        assert await journal.due(clock.forward(1)) == (first.complaint_id,)

    async def test_a_fetch_that_failed_is_due_again_later(self, journal: Journal, clock: HeldClock) -> None:
        await one(journal, self._photos("1", 1))
        (job,) = await journal.media_due(clock())
        await journal.media_retry(job.job_id, START + timedelta(seconds=30))
        assert await journal.media_due(clock.forward(29)) == ()
        assert [(j.job_id, j.tries) for j in await journal.media_due(clock.forward(1))] == [(job.job_id, 1)]

    PHOTO = Attachment(state="stored", sha256="e" * 64, size=3, media_type="image/jpeg")
    FACTS = MediaFacts(
        media_type="image/jpeg",
        width=640,
        height=480,
        duration=2.5,
        captured_at=START,
        captured_place=Coordinates(latitude=-6.2, longitude=106.8),
        metadata_place=True,
        perceptual_hash="00ff00ff00ff00ff",
        public_sha256="1" * 64,
        thumbnail_sha256="2" * 64,
        remarks=("odd",),
    )

    async def test_a_photo_that_came_stored_is_a_job_for_the_reader(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        letter = replace(self.PHOTO, sha256="f" * 64, media_type="application/pdf")
        first = await one(journal, admit("1", message=message("1", attachments=(letter, self.PHOTO))))
        assert await journal.media_due(clock()) == ()
        (job,) = await journal.media_due(clock(), step="read")
        assert (job.account, job.index, job.attachment, job.tries) == (ACCOUNT, 1, self.PHOTO, 0)
        file = await journal.complaint(first.complaint_id)
        assert file is not None and (file.media_pending, file.media) == (1, {})
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        assert await journal.media_facts(self.PHOTO.sha256) is None
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        assert await journal.media_due(clock(), step="read") == ()
        assert await journal.due(clock()) == (first.complaint_id,)
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        assert (file.media_pending, file.media) == (0, {self.PHOTO.sha256: self.FACTS})

    async def test_a_photo_that_was_fetched_is_read_before_its_complaint_goes_on(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, self._photos("1", 2))
        await journal.postpone(first.complaint_id, START + timedelta(seconds=20))
        fetched, lost = await journal.media_due(clock())
        await journal.media_retry(fetched.job_id, START)
        await journal.media_done(lost.job_id, Attachment(state="unavailable"))
        await journal.media_done(fetched.job_id, self.PHOTO)
        assert await journal.media_due(clock()) == ()
        assert await journal.due(clock.forward(1)) == ()
        (job,) = await journal.media_due(clock(), step="read")
        assert (job.attachment, job.tries) == (self.PHOTO, 0)
        await journal.media_retry(job.job_id, START + timedelta(seconds=5))
        assert await journal.media_due(clock(), step="read") == ()
        (again,) = await journal.media_due(clock.forward(5), step="read")
        assert (again.job_id, again.tries) == (job.job_id, 1)
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        assert await journal.due(clock()) == (first.complaint_id,)

    async def test_what_was_read_once_counts_for_everybody_and_after_a_new_start(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        await one(journal, admit("1", message=message("1", attachments=(self.PHOTO,))))
        (job,) = await journal.media_due(clock(), step="read")
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)  # by one that was thought dead
        await journal.close()
        await journal.open()
        assert await journal.media_facts(self.PHOTO.sha256) == self.FACTS
        second = await one(journal, admit("2", message=message("2", attachments=(self.PHOTO,))))
        file = await journal.complaint(second.complaint_id)
        assert file is not None and file.media == {self.PHOTO.sha256: self.FACTS}

    async def test_a_photo_read_late_gives_a_new_task_and_an_old_settle_is_refused(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, admit("1", message=message("1", attachments=(self.PHOTO,))))
        assert await settle(journal, first.complaint_id, event(1))
        file = await journal.complaint(first.complaint_id)
        assert file is not None and await journal.due(clock()) == ()
        (job,) = await journal.media_due(clock(), step="read")
        await journal.media_read(job.job_id, self.PHOTO.sha256, self.FACTS)
        assert await journal.due(clock()) == (first.complaint_id,)
        assert not await journal.settle(first.complaint_id, file.version, [(event(2), ())], b"", "filed")

    async def test_a_settle_made_before_the_file_came_is_refused(
        self, journal: Journal, clock: HeldClock
    ) -> None:
        first = await one(journal, self._photos("1", 1))
        file = await journal.complaint(first.complaint_id)
        assert file is not None
        (job,) = await journal.media_due(clock())
        await journal.media_done(job.job_id, Attachment(sha256="d" * 64))
        assert not await journal.settle(first.complaint_id, file.version, [(event(1), ())], b"", "filed")


class TestLife:
    async def test_everything_is_there_after_a_new_start(
        self,
        factory: Callable[[Path, Callable[[], datetime]], Journal],
        tmp_path: Path,
        clock: HeldClock,
    ) -> None:
        journal = factory(tmp_path, clock)
        await journal.open()
        first = await one(journal, admit("1", group=b"group-of-parts--", quiet=10), cursor=("offset", "7"))
        second = await one(journal, TestMedia()._photos("2", 1))
        kept = await journal.keep(raw(b"mail"))
        await journal.begin(kept)
        held = await journal.quarantine("parse", "unreadable", raw_id=await journal.keep(raw(b"x")))
        assert await settle(journal, second.complaint_id, event(1))
        before = (
            await journal.depths(),
            await journal.complaint(first.complaint_id),
            await journal.complaint(second.complaint_id),
            await journal.unpublished(10),
            await journal.media_due(clock()),
            await journal.kept(),
            await journal.quarantine_entry(held),
            await journal.cursor(ACCOUNT, "offset"),
            await journal.recent(),
        )
        await journal.close()
        clock.now -= timedelta(days=1)  # the clock stepped back while we were away
        journal = factory(tmp_path, clock)
        await journal.open()
        try:
            clock.forward(86400)
            after = (
                await journal.depths(),
                await journal.complaint(first.complaint_id),
                await journal.complaint(second.complaint_id),
                await journal.unpublished(10),
                await journal.media_due(clock()),
                await journal.kept(),
                await journal.quarantine_entry(held),
                await journal.cursor(ACCOUNT, "offset"),
                await journal.recent(),
            )
            assert after == before
            assert (await one(journal, admit("1"))).how == "duplicate"
            joined = await one(journal, admit("3", group=b"group-of-parts--", quiet=10))
            assert (joined.how, joined.ticket) == ("joined", first.ticket)
            assert joined.message_id > second.message_id
            assert (await one(journal, admit("4"))).ticket.startswith("261123-0003-")
        finally:
            await journal.close()

    async def test_depths_count_what_waits(self, journal: Journal) -> None:
        await journal.keep(raw())
        await one(journal, admit("1"))
        second = await one(journal, TestMedia()._photos("2", 1))
        await settle(journal, second.complaint_id, event(1))
        await journal.quarantine("settle", "why", complaint_id=second.complaint_id)
        depths = await journal.depths()
        assert (depths.kept, depths.open_complaints, depths.tasks) == (1, 1, 1)
        assert (depths.unpublished, depths.oldest_unpublished) == (1, START)
        assert (depths.media_pending, depths.quarantined) == (1, 1)

    async def test_recent_shows_an_office_its_own(self, journal: Journal) -> None:
        mine = await one(journal, admit("1", office_code="31.71.01.1001"))
        other = await one(journal, admit("2", office_code="31.71.01.1002"))
        assert await journal.recent("31.71.01.1001") == ((mine.ticket, START, "sms"),)
        assert [row[0] for row in await journal.recent()] == [other.ticket, mine.ticket]
        assert await journal.recent("") == ()

    async def test_what_is_about_an_office_is_not_in_its_list(self, journal: Journal) -> None:
        mine, other = "31.71.01.1001", "31.71.01.1002"

        def against(number: str, office: str, entered: str) -> Admit:
            return admit(number, message=message(number, against_office=office), office_code=entered)

        plain = await one(journal, admit("1", office_code=mine))
        own = await one(journal, against("2", mine, mine))
        about_other = await one(journal, against("3", other, mine))
        elsewhere = await one(journal, against("4", mine, other))

        def tickets(rows: tuple[tuple[str, datetime, str], ...]) -> list[str]:
            return [row[0] for row in rows]

        assert tickets(await journal.recent(mine)) == [about_other.ticket, plain.ticket]
        assert tickets(await journal.recent(other)) == [elsewhere.ticket]
        assert tickets(await journal.recent(other, hidden_from=mine)) == []
        assert tickets(await journal.recent(hidden_from=mine)) == [about_other.ticket, plain.ticket]
        assert len(await journal.recent()) == 4
        assert await journal.about((mine,)) == (
            (elsewhere.ticket, START, mine),
            (own.ticket, START, mine),
        )
        assert tickets(await journal.about((mine, other), limit=2)) == [elsewhere.ticket, about_other.ticket]
        assert await journal.about(()) == await journal.about(("",)) == ()
        file = await journal.complaint(own.complaint_id)
        assert file is not None
        assert (file.office_code, file.against_office) == (mine, mine)

    async def test_no_text_can_be_read_in_the_files(self, journal: Journal, disk: Disk) -> None:
        planted = "tetangga saya di nomor tujuh"
        secret = raw(planted.encode())
        await journal.admit(
            Admission(
                raw=secret,
                messages=(admit("1", message=message("1", planted)),),
                held=(Held(reason=planted, item=1, external_id=planted),),
            )
        )
        await journal.keep(secret)
        await journal.quarantine("parse", planted)
        second = await one(journal, admit("2"))
        file = await journal.complaint(second.complaint_id)
        assert file is not None
        spoken = [(event(1, body=planted.encode()), (second.message_id,))]
        assert await journal.settle(second.complaint_id, file.version, spoken, planted.encode(), "filed")
        stored = await disk.files()
        assert sum(map(len, stored.values())) > 1000
        for path, content in stored.items():
            assert planted.encode() not in content, path
            assert b"+6281200000000" not in content, path
        await journal.close()
        for path, content in (await disk.files()).items():
            assert planted.encode() not in content, path

    async def test_duplicates_store_no_raw_event(self, journal: Journal, disk: Disk) -> None:
        body = os.urandom(60_000)
        again = Admission(raw=raw(body), messages=(admit("1"),))
        await journal.admit(again)
        before = await disk.written()
        for _ in range(20):
            assert (await journal.admit(again))[0].how == "duplicate"
        assert await disk.written() - before < 20 * 30_000

    async def test_a_probe_writes_and_a_closed_journal_says_so(self, journal: Journal) -> None:
        await journal.probe()
        await journal.close()
        with pytest.raises(Unavailable):
            await journal.probe()
