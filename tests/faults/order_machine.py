"""A state machine for hypothesis: programs of steps, faults and deaths, from the claim to the marked event.

The steps are those of tests/faults/orders.py. At a program's end everything is let flow; then what senders were told
is compared with what stands in the broker's queue.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from complaint_queue import points
from complaint_queue.journal import Admit
from tests.faults.orders import Clock, Died, House, Made, ModelBroker, admit_of, forward

PEOPLE = ("siti", "budi")
#: No death here loses what was not synced (tests/faults/power_cut.py does that), so a disk would only cost time.
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
#: Where the steps of this machine can die.
DEATHS = ("written", "committed", "assembled", "sent", "confirmed", "marked")


class Orders(RuleBasedStateMachine):
    """The ledger: `said` is what senders were told, by message; `sent` every message that was ever on its way."""

    house_type: type[House] = House

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="kanal-orders-", dir=_MEMORY))
        self.runner = asyncio.Runner()
        self.broker, self.clock = ModelBroker(), Clock()
        self.said: dict[str, str] = {}
        self.sent: dict[str, Admit] = {}
        self.works: list[Made] = []
        self.deaths = self.deaths_met = 0

    @initialize()
    def begin(self) -> None:
        self.house = self._run(self.house_type(self._new_folder(), self.broker, self.clock).open())

    def _new_folder(self) -> Path:
        folder = self.folder / "0"
        folder.mkdir()
        return folder

    def _run(self, work: Any) -> Any:
        return self.runner.run(work)

    def _step(self, work: Any) -> Any:
        """The result of one step, or what was heard of it when the house died in it and began anew."""
        try:
            return self._run(work)
        except Died as died:
            self._begin_anew()
            return died.heard

    def _begin_anew(self) -> None:
        snapshot = self.house.snapshot
        points.watch(None)
        self._run(self.house.close())
        self.broker.lose_connection()
        self.works.clear()
        self.deaths_met += 1
        assert snapshot is not None
        self.house = self._run(self.house_type(snapshot, self.broker, self.clock).open())

    # the way in

    def _admit(self, *admits: Admit) -> None:
        for admit in admits:
            self.sent[admit.message.external_id] = admit
        answers = self._step(self.house.admit(list(admits)))
        if answers is not None:
            for admit, answer in zip(admits, answers, strict=True):
                before = self.said.setdefault(admit.message.external_id, answer.ticket)
                assert before == answer.ticket, "a retry hears what the first time heard"

    def _name(self) -> str:
        return "abcdefghij"[len(self.sent) // 10 % 10] + "abcdefghij"[len(self.sent) % 10]

    @rule(who=st.sampled_from(PEOPLE))
    def somebody_writes(self, who: str) -> None:
        self._admit(admit_of(self._name(), who))

    @rule(who=st.sampled_from(PEOPLE), album=st.sampled_from("xy"), parts=st.sampled_from((None, 2)))
    def a_part_of_an_album(self, who: str, album: str, parts: int | None) -> None:
        self._admit(admit_of(self._name(), who, album=album, parts=parts))

    @precondition(lambda self: self.sent)
    @rule(who=st.sampled_from(PEOPLE), data=st.data())
    def somebody_adds_to_what_was_said(self, who: str, data: st.DataObject) -> None:
        followed = data.draw(st.sampled_from(sorted(self.sent)))
        self._admit(admit_of(self._name(), who, follows=(followed,)))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def a_provider_comes_again(self, data: st.DataObject) -> None:
        self._admit(self.sent[data.draw(st.sampled_from(sorted(self.sent)))])

    @rule(who=st.sampled_from(PEOPLE))
    def the_same_twice_in_one_batch(self, who: str) -> None:
        admit = admit_of(self._name(), who)
        self._admit(admit, admit)

    @rule(who=st.sampled_from(PEOPLE), late=st.booleans())
    def somebody_adds_at_once(self, who: str, late: bool) -> None:
        """After the complaint was written, or (`late`) between its loading and its writing."""
        name, before = self._name(), self.deaths_met
        self._admit(admit_of(name, who))
        way = self._way()
        for step in way[:1] if late else way[:2]:
            step()
        self._admit(admit_of(self._name(), who, follows=(name,)))
        if self.deaths_met == before:
            way[1]()
            way[0]()
            way[1]()

    # closing

    @rule(seconds=st.sampled_from((0.5, 3.0)))
    def time_passes(self, seconds: float) -> None:
        forward(self.clock, seconds)

    @rule()
    def the_settler_loads_what_is_due(self) -> None:
        for complaint in self._run(self.house.journal.due(self.clock())):
            work = self._run(self.house.load(complaint))
            if work is not None:
                self.works.append(work)

    @precondition(lambda self: self.works)
    @rule(data=st.data())
    def the_settler_writes(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.works) - 1))
        self._step(self.house.write(self.works.pop(place)))

    # publishing

    @rule()
    def the_publisher_fetches(self) -> None:
        self._run(self.house.fetch())

    @rule()
    def the_publisher_sends(self) -> None:
        self._step(self.house.send())

    @rule()
    def the_publisher_marks(self) -> None:
        self._step(self.house.mark())
        self._nothing_is_marked_that_the_broker_does_not_have()

    @precondition(lambda self: self.broker.arrived)
    @rule()
    def the_broker_takes_one(self) -> None:
        self.broker.take()

    @precondition(lambda self: self.broker.owed)
    @rule(data=st.data())
    def the_broker_confirms(self, data: st.DataObject) -> None:
        """In any order, or all up to one of them."""
        tag = data.draw(st.sampled_from(self.broker.owed))
        earlier = [one for one in self.broker.owed if one <= tag]
        arrived = min((one for one, _, _ in self.broker.arrived), default=tag + 1)
        multiple = arrived > tag and data.draw(st.booleans())
        self._run(self.house.confirm(tag, multiple=multiple))
        for one in earlier if multiple else [tag]:
            self.broker.owed.remove(one)

    @precondition(lambda self: self.broker.arrived)
    @rule(how=st.sampled_from(("refused", "returned")))
    def the_broker_does_not_take_one(self, how: str) -> None:
        tag, name, _ = self.broker.arrived.pop(0)
        if how == "returned":
            self.house.publisher._on_return(name, "312 NO_ROUTE")
        self._run(self.house.confirm(tag, taken=how == "returned"))

    @rule(fates=st.lists(st.sampled_from(("taken", "refused", "returned", "unsaid")), min_size=1, max_size=4))
    def a_fate_for_each_that_is_sent(self, fates: list[str]) -> None:
        """What is due is written and sent; the broker takes each or does not, and says so or not."""
        before = self.deaths_met
        for step in self._way()[:4]:
            step()
            if self.deaths_met > before:
                return
        for fate in fates:
            if self.broker.arrived and fate in ("refused", "returned"):
                self.the_broker_does_not_take_one(fate)
            elif self.broker.arrived:
                self.broker.take()
                if fate == "taken":
                    self._run(self.house.confirm(self.broker.owed.pop()))
        self.the_publisher_marks()

    @precondition(lambda self: self.house.line is not None)
    @rule()
    def the_connection_breaks(self) -> None:
        self.house.break_connection()

    @rule(steps=st.integers(1, 7))
    def it_goes_its_way(self, steps: int) -> None:
        """So many steps of the usual order, so that the search comes far."""
        before = self.deaths_met
        for step in self._way()[:steps]:
            step()
            if self.deaths_met > before:
                return

    def _way(self) -> list[Callable[[], None]]:
        def write() -> None:
            while self.works:
                self._step(self.house.write(self.works.pop(0)))

        def take() -> None:
            while self.broker.arrived:
                self.broker.take()

        def confirm() -> None:
            while self.broker.owed:
                self._run(self.house.confirm(self.broker.owed.pop(0)))

        load, fetch = self.the_settler_loads_what_is_due, self.the_publisher_fetches
        return [load, write, fetch, self.the_publisher_sends, take, confirm, self.the_publisher_marks]

    # faults

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def an_operator_holds_a_complaint(self, data: st.DataObject) -> None:
        journal = self.house.journal
        name = data.draw(st.sampled_from(sorted(self.said)))
        file = self._run(journal.complaint_by_ticket(self.said[name]))
        if not any(entry.complaint_id == file.complaint_id for entry in self._run(journal.quarantined())):
            self._run(journal.quarantine("publish", "held by hand", complaint_id=file.complaint_id))

    @rule()
    def an_operator_releases_everything(self) -> None:
        for entry in self._run(self.house.journal.quarantined()):
            self._run(self.house.journal.release(entry.entry_id, "replayed"))

    @precondition(lambda self: self.deaths < 9)
    @rule(point=st.sampled_from(DEATHS), who=st.sampled_from(PEOPLE), how=st.sampled_from(("", "in", "out")))
    def the_process_will_die(self, point: str, who: str, how: str) -> None:
        """The next time that it comes to this point: now, on the way in or out, or at some time."""
        self.deaths += 1
        self.house.arm(point, self.folder / str(self.deaths))
        if how == "in":
            self._admit(admit_of(self._name(), who))
        elif how == "out":
            self.it_goes_its_way(7)

    # the promise

    def _nothing_is_marked_that_the_broker_does_not_have(self) -> None:
        marked = self._run(self.house.marked_ids())
        assert self.broker.ids.issuperset(marked), "marked, and the broker does not have it"

    def teardown(self) -> None:
        try:
            if hasattr(self, "house"):
                points.watch(None)
                if self.house.snapshot is not None:  # the point was reached by what is not counted as a step
                    self._begin_anew()
                self._let_everything_flow()
                self._check()
        finally:
            if hasattr(self, "house"):
                self._run(self.house.close())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _let_everything_flow(self) -> None:
        """Senders come again until they hear yes; then nothing fails any more."""
        for name, admit in list(self.sent.items()):
            if name not in self.said:
                self._admit(admit)
        self.an_operator_releases_everything()
        forward(self.clock, 60)
        self.works.clear()
        self.house.break_connection()
        for _ in range(200):
            self._run(self.house.mark())
            self.the_settler_loads_what_is_due()
            while self.works:
                self._run(self.house.write(self.works.pop()))
            self.the_publisher_fetches()
            self._run(self.house.send())
            if not self.broker.arrived and not self.house.publisher._outflow.ready:
                break
            while self.broker.arrived:
                self.broker.take()
            for tag in list(self.broker.owed):
                self._run(self.house.confirm(tag))
            self.broker.owed.clear()

    def _check(self) -> None:
        self._nothing_is_marked_that_the_broker_does_not_have()
        assert self._run(self.house.journal.unpublished(10)) == (), "something is never published"
        first: dict[str, Any] = {}
        content: dict[str, bytes] = {}
        for name, event, raw in self.broker.queue:
            assert content.setdefault(name, raw) == raw, "two events under one id"
            first.setdefault(name, event)
        told: Counter[str] = Counter()
        sequences: dict[str, list[int]] = {}
        for event in first.values():
            record = event.complaint
            sequences.setdefault(record.complaint_id, []).append(event.sequence)
            text = event.added.text if event.added is not None else record.original_text or record.text
            for word in text.split():
                if word.startswith("tanda"):
                    told[word] += 1
                    mine = self.said[word.removeprefix("tanda").strip(".")] == record.ticket
                    assert mine, "a message stands in a complaint of which its sender was not told"
        assert told.keys() >= {f"tanda{name}" for name in self.said}, "a message is in no event"
        assert set(told.values()) <= {1}, "a message is in two events"
        for numbers in sequences.values():
            assert numbers == list(range(1, len(numbers) + 1)), (
                "an event came before an earlier one of its complaint"
            )


def settings(programs: int, steps: int, **more: Any) -> hypothesis.settings:
    """How long a search lasts: so many programs of at most so many steps."""
    return hypothesis.settings(
        max_examples=programs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        **more,
    )
