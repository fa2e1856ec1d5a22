"""What every journal promises of a claim: one message is one, and belongs where it belongs."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from complaint_queue.journal import Admission, Admitted, Journal
from normalizer.identity import claim_of, read_ticket, ticket_of
from tests.journal_world import (
    ACCOUNT,
    BUDI,
    PLANTED,
    START,
    HeldClock,
    admit,
    event,
    message,
    one,
    raw,
    settle,
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
