"""A search for an order of steps, faults and deaths that breaks the promise, from the claim to the marked event.

hypothesis makes up programs of steps (tests/faults/orders.py), and shortens one that fails. More of them, and longer
ones, by KANAL_ORDERS and KANAL_ORDER_STEPS.
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
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from complaint_queue import points
from complaint_queue.journal import Admit
from intake.settle import Work
from tests.faults.orders import Clock, Died, House, ModelBroker, admit_of, forward

ORDERS = int(os.environ.get("KANAL_ORDERS", "25"))
STEPS = int(os.environ.get("KANAL_ORDER_STEPS", "40"))
PEOPLE = ("siti", "budi")
#: Where the steps of this machine can die.
DEATHS = ("written", "committed", "assembled", "sent", "confirmed", "marked")


class Orders(RuleBasedStateMachine):
    """The ledger: `said` is what senders were told, by message; `sent` every message that was ever on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="kanal-orders-"))
        self.runner = asyncio.Runner()
        self.broker, self.clock = ModelBroker(), Clock()
        self.said: dict[str, str] = {}
        self.sent: dict[str, Admit] = {}
        self.works: list[Work] = []
        self.deaths = self.deaths_met = 0

    @initialize()
    def begin(self) -> None:
        self.house = self._run(House(self._new_folder(), self.broker, self.clock).open())

    def _new_folder(self) -> Path:
        folder = self.folder / "0"
        folder.mkdir()
        return folder

    def _run(self, work: Any) -> Any:
        return self.runner.run(work)

    def _step(self, work: Any) -> Any:
        """The result of one step, or None when the house died in it: then it begins anew with what was on disk."""
        try:
            return self._run(work)
        except Died:
            self._begin_anew()
            return None

    def _begin_anew(self) -> None:
        snapshot = self.house.snapshot
        points.watch(None)
        self._run(self.house.close())
        self.broker.lose_connection()
        self.works.clear()
        self.deaths_met += 1
        assert snapshot is not None
        self.house = self._run(House(snapshot, self.broker, self.clock).open())

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
    @rule(point=st.sampled_from(DEATHS))
    def the_process_will_die(self, point: str) -> None:
        """At the next time that it comes to this point."""
        self.deaths += 1
        self.house.arm(point, self.folder / str(self.deaths))

    # the promise

    @invariant()
    def nothing_is_marked_that_the_broker_does_not_have(self) -> None:
        if hasattr(self, "house"):
            assert set(self._run(self.house.marked_ids())) <= self.broker.ids

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
            self._run(self.house.mark())

    def _check(self) -> None:
        assert self._run(self.house.journal.unpublished(10)) == ()
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
                    assert self.said[word.removeprefix("tanda").strip(".")] == record.ticket
        assert told == {f"tanda{name}": 1 for name in self.said}, "every message is in one event, once"
        for numbers in sequences.values():
            assert numbers == list(range(1, len(numbers) + 1)), "in the order of its complaint"


Search = Orders.TestCase
Search.settings = hypothesis.settings(
    max_examples=ORDERS,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
#: A failure is shortened for some minutes before it is shown.
Search.pytestmark = [pytest.mark.timeout(600 + 4 * ORDERS)]
