"""The LAPOR adapter against its fake server and a real journal: pull, push, and the way back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.base import Account, Cursor, Fate, Gateway, Hears, Inbox, Letter, Outgoing, Replies, TakesStatus
from adapters.sp4n_lapor import pull as pulling
from adapters.sp4n_lapor.adapter import LaporAdapter
from adapters.sp4n_lapor.fake import FakeLapor
from adapters.sp4n_lapor.settings import LaporSettings
from adapters.sp4n_lapor.simulate import LaporSimulator, sign
from intake.free_ports import free_ports
from intake.guard import GuardedFetch
from intake.web.hooks import Hooks
from normalizer.errors import ProviderRefused, ProviderUnavailable, Unavailable
from normalizer.record import RawEvent
from normalizer.settings import convert
from tests.intake_world import START, IntakeWorld, intake_world

SHARED = {"token": "token-uji", "push_key": "kunci-uji-yang-cukup-panjang", "modes": ["pull", "push"]}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


class FailingInbox:
    """A real inbox that fails with `error` once it has taken `left` raw events."""

    def __init__(self, inbox: Inbox, left: int, error: BaseException) -> None:
        self.inbox, self.left, self.error = inbox, left, error
        self.cursor = inbox.cursor

    async def receive(self, raw: RawEvent, *, cursor: Cursor | None = None) -> Sequence[Fate]:
        if self.left == 0:
            raise self.error
        self.left -= 1
        return await self.inbox.receive(raw, cursor=cursor)


class Lapor:
    """One account beside its fake: `adapter` anew at each `restart`, `troubles` as the gateway would show them."""

    def __init__(self, world: IntakeWorld, settings: dict[str, Any]) -> None:
        (port,) = free_ports(1)
        self.world, self.troubles = world, dict[str, str]()
        table = {**SHARED, "api_base_url": f"http://127.0.0.1:{port}", **settings}
        self.account = Account(name="lapor", adapter="sp4n_lapor", settings=table)
        self.settings = convert(LaporSettings, table, "account", lambda value: value)
        self.fake, self.port = FakeLapor(self.settings), port
        self.simulator = LaporSimulator(self.account, self.settings, Gateway(http="", public_url=""))
        self.adapter: LaporAdapter

    def trouble(self, name: str, words: str | None) -> None:
        if words is None:
            self.troubles.pop(name, None)
        else:
            self.troubles[name] = words

    async def restart(self, **ports: Any) -> None:
        """As after a crash: nothing is remembered but the journal."""
        if hasattr(self, "adapter"):
            await self.adapter.close()
        made = self.world.adapter(self.account, trouble=self.trouble, fetch=GuardedFetch(), **ports)
        assert isinstance(made, LaporAdapter)
        self.adapter = made

    async def push(self, *items: Any) -> Sequence[Fate]:
        body = self.simulator.batch(*items)
        raw = RawEvent(account="lapor", received_at=self.world.clock.now(), body=body, method="POST")
        raw = sign(raw, self.settings)
        self.adapter.verify(raw)
        return await self.world.receive("lapor", raw)

    async def tickets(self) -> int:
        return len(await self.world.journal.recent(limit=1000))


@contextlib.asynccontextmanager
async def lapor(world: IntakeWorld, **settings: Any) -> AsyncIterator[Lapor]:
    one = Lapor(world, settings)
    await one.fake.start(one.port)
    await one.restart()
    try:
        yield one
    finally:
        await one.adapter.close()
        await one.fake.stop()


def report(number: int, minutes: float = 0, **more: Any) -> dict[str, Any]:
    """A report in the default shape, released some minutes before the test's present."""
    at = (START + timedelta(hours=7, minutes=-minutes)).strftime("%Y-%m-%d %H:%M:%S")
    words = {"judul": "Lampu mati", "isi": f"Lampu jalan nomor {number} mati."}
    flags = {"rahasia": 0, "anonim": 0, "pelapor": {"id": f"p{number}", "nama": "Siti Contoh"}}
    return {"tracking_id": str(number), "tanggal": at, "diperbarui": at, **words, **flags, **more}


def said(one: Lapor, name: str) -> list[str]:
    return [query.get(name, "") for query in one.fake.asked]


# both ways are one


@pytest.mark.parametrize("first", ["pull", "push"])
async def test_a_report_that_comes_both_ways_is_one_complaint(world: IntakeWorld, first: str) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1))
        if first == "pull":
            assert await one.adapter.puller.once() == 1
        (fate,) = await one.push(report(1))
        assert fate.outcome == ("duplicate" if first == "pull" else "accepted")
        await one.adapter.puller.once()
        assert await one.tickets() == 1
        await world.settle()
        (event,) = await world.events()
        assert event.complaint.lapor_number == "1" and event.complaint.channel == "sp4n_lapor"


async def test_a_comment_joins_its_report_whichever_comes_first(world: IntakeWorld) -> None:
    comment = report(1, jenis="tanggapan", id_tanggapan=5, isi="Masih mati.")
    async with lapor(world) as one:
        await one.push(comment)
        await world.settle()
        await one.push(report(1))
        await one.push(report(2), {**comment, "tracking_id": "2", "pelapor": {"id": "p2"}})
        # the same comment inside of its report, as the listing shows it
        entry = {"id": 5, "oleh": "pelapor", "isi": "Masih mati."}
        fates = await one.push(report(1, tindak_lanjut=[entry]))
        assert [fate.outcome for fate in fates] == ["duplicate", "duplicate"]
        await world.settle()
        assert await one.tickets() == 2
        kinds = [event.event for event in await world.events()]
        assert sorted(kinds) == ["created", "created", "information_added"]


async def test_an_edit_replaces_the_words_and_a_first_sight_of_one_is_a_complaint(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.push(report(1))
        await world.settle()
        await one.push(report(1, versi=2, isi="Lampu jalan sudah lama mati."))
        (_, again) = await one.push(report(1, versi=2, isi="Lampu jalan sudah lama mati."))
        assert again.outcome == "duplicate"
        fates = await one.push(report(2, versi=4, isi="Air mati."))
        await world.settle()
        changed, fresh = (await world.record(fates[0].ticket)), (await world.events())
        assert changed.text == "Air mati."
        added = [event for event in fresh if event.event == "information_added"]
        assert [event.complaint.text for event in added] == ["Lampu jalan sudah lama mati."]
        assert added[0].added is not None and added[0].added.edit
        assert await one.tickets() == 2


async def test_somebody_elses_comment_waits_for_a_person(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.push(report(1, tindak_lanjut=[{"id": 1, "oleh": "publik", "isi": "Di tempat saya juga."}]))
        await world.settle()
        assert [event.event for event in await world.events()] == ["created"]
        assert (await world.journal.depths()).triage == 1


@pytest.mark.parametrize(("confidential", "anonymous"), [(0, 0), (0, 1), (1, 0), (1, 1)])
async def test_the_flags_reach_the_record_each_for_itself(
    world: IntakeWorld, confidential: int, anonymous: int
) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1, rahasia=confidential, anonim=anonymous))
        await one.adapter.puller.once()
        await world.settle()
        (event,) = await world.events()
        found = event.complaint
        assert (found.confidential, found.anonymous) == (bool(confidential), bool(anonymous))


# pages


async def test_a_kill_between_pages_or_in_one_goes_on_and_loses_nothing(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 3}) as one:
        for number in range(10):
            await one.fake.add(report(number, 10 - number))
        await one.restart(inbox=FailingInbox(one.adapter.ports.inbox, 5, asyncio.CancelledError()))
        with pytest.raises(asyncio.CancelledError):
            await one.adapter.puller.once()
        assert await one.tickets() == 5
        calls = len(one.fake.calls)
        await one.restart()
        await one.adapter.puller.once()
        assert await one.tickets() == 10
        assert len(one.fake.calls) - calls == 3, "it went on at the second page, not at the first"
        assert len({query.get("sejak") for query in one.fake.asked}) == 1, "with the same beginning"


async def test_a_page_token_that_lapor_forgot_begins_anew(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 2}) as one:
        for number in range(6):
            await one.fake.add(report(number))
        one.fake.refuse_next.extend([(200, {}), (200, {}), (500, {})])
        with pytest.raises(ProviderUnavailable):
            await one.adapter.puller.once()
        one.fake._pages.clear()
        await one.restart()
        await one.adapter.puller.once()
        assert await one.tickets() == 6


async def test_numbered_pages_begin_anew_because_they_shift(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 2, "paging": "number", "page": "halaman"}) as one:
        for number in range(5):
            await one.fake.add(report(number))
        one.fake.refuse_next.extend([(200, {}), (503, {})])
        with pytest.raises(ProviderUnavailable):
            await one.adapter.puller.once()
        del one.fake.items[0]  # what was on page two is on page one now
        await one.restart()
        await one.adapter.puller.once()
        assert await one.tickets() == 5
        assert said(one, "halaman") == ["1", "1", "2", "3"]


async def test_offsets_and_a_listing_without_pages(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 2, "paging": "offset", "page": "mulai"}) as one:
        for number in range(5):
            await one.fake.add(report(number))
        await one.adapter.puller.once()
        assert await one.tickets() == 5
        assert said(one, "mulai") == ["", "2", "4", "5"]


async def test_a_server_that_goes_in_circles_is_left(world: IntakeWorld) -> None:
    async with lapor(world, pull={"paging": "number", "page": "halaman"}) as one:
        await one.fake.add(report(1))
        one.fake._first = lambda query: 0  # type: ignore[method-assign]
        await one.adapter.puller.once()
        assert len(one.fake.calls) == 2


async def test_reordered_and_repeated_items_are_each_taken_once(world: IntakeWorld) -> None:
    async with lapor(world, pull={"page_size": 4}) as one:
        one.fake.repeat, one.fake.backwards = 2, True
        for number in range(5):
            await one.fake.add(report(number, 50 - number))
        await one.adapter.puller.once()
        assert await one.tickets() == 5


async def test_the_overlap_finds_late_reports_and_costs_no_write(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(5, 10))
        await one.adapter.puller.once()
        before = await world.journal.cursor("lapor", "pull")
        await one.fake.add(report(4, 40))  # released late, dated before what was read
        assert await one.adapter.puller.once() == 1
        assert await one.adapter.puller.once() == 0
        assert await world.journal.cursor("lapor", "pull") == before
        assert await one.tickets() == 2
        assert said(one, "sejak")[1] == (START + timedelta(hours=7, minutes=-70)).isoformat().replace(
            "+00:00", "+07:00"
        )


async def test_a_time_to_come_does_not_hide_what_follows(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1, -60 * 24 * 365))
        await one.adapter.puller.once()
        await one.fake.add(report(2, 1))
        await one.adapter.puller.once()
        assert await one.tickets() == 2


async def test_a_listing_that_counts_by_number(world: IntakeWorld) -> None:
    pull = {"since": "since_id", "since_format": "number", "mark": "tracking_id", "overlap": 10}
    async with lapor(world, pull=pull) as one:
        await one.fake.add(report(100))
        await one.adapter.puller.once()
        await one.fake.add(report(95))
        await one.adapter.puller.once()
        assert said(one, "since_id") == ["", "90"]
        assert await one.tickets() == 2


async def test_hostile_items_never_stop_the_page_and_are_held_once(world: IntakeWorld) -> None:
    deep = b'{"tracking_id":"9","isi":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    hostile = [7, None, "x", [], {}, {"tracking_id": {}}, report(3, isi=[1]), deep, b'{"isi": NaN}']
    async with lapor(world) as one:
        await one.fake.add(report(1))
        for item in hostile:
            await one.fake.add(item)
        await one.fake.add(report(2, isi="panjang " * 100_000))
        await one.adapter.puller.once()
        await one.adapter.puller.once()
        assert await one.tickets() == 2
        assert (await world.journal.depths()).quarantined == len(hostile)


# LAPOR's bad days


@contextlib.asynccontextmanager
async def running(one: Lapor) -> AsyncIterator[None]:
    task = asyncio.create_task(one.adapter.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not (await true() if asyncio.iscoroutinefunction(true) else true()):
            await asyncio.sleep(0.01)


async def test_an_expired_token_is_a_trouble_until_it_works_again(world: IntakeWorld) -> None:
    async with lapor(world, pull={"seconds": 0.05}) as one, running(one):
        await one.fake.called("listing")
        one.fake.token_valid = False
        await until(lambda: "token" in one.troubles)
        assert "token-uji" not in one.troubles["token"] and "To do:" in one.troubles["token"]
        await one.fake.add(report(1))
        one.fake.token_valid = True
        await until(lambda: not one.troubles)

        async def there() -> bool:
            return await one.tickets() == 1

        await until(there)


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_limit_is_obeyed_to_its_end(world: IntakeWorld, form: str) -> None:
    async with lapor(world) as one:
        wait = "7" if form == "seconds" else format_datetime(world.clock.now() + timedelta(seconds=7))
        one.fake.refuse_next.append((429, {"Retry-After": wait}))
        with pytest.raises(ProviderUnavailable) as caught:
            await one.adapter.puller.once()
        assert caught.value.retry_after == 7


async def test_after_a_limit_the_loop_waits_as_long_as_it_was_told(world: IntakeWorld) -> None:
    async with lapor(world, pull={"seconds": 0.02}) as one:
        one.fake.refuse_next.append((429, {"Retry-After": "1"}))
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with running(one):
            await one.fake.called("listing", 2)
        assert loop.time() - began >= 0.95


async def test_a_page_that_is_no_page_is_a_trouble_with_a_cure(world: IntakeWorld) -> None:
    async with lapor(world, pull={"seconds": 0.05}) as one:
        right = one.fake._page
        one.fake._page = lambda items, following: web.Response(text="<html>")  # type: ignore[method-assign]
        async with running(one):
            await until(lambda: "pull" in one.troubles)
            assert "pull.items" in one.troubles["pull"]
            one.fake._page = right  # type: ignore[method-assign]
            await until(lambda: not one.troubles)


async def test_our_own_failure_keeps_the_cursor_where_it_was(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1))
        inbox = FailingInbox(one.adapter.ports.inbox, 0, Unavailable("the disk is full"))
        await one.restart(inbox=inbox)
        with pytest.raises(Unavailable):
            await one.adapter.puller.once()
        assert await world.journal.cursor("lapor", "pull") is None
        inbox.left = 1
        assert await one.adapter.puller.once() == 1


async def test_the_token_goes_to_no_other_server(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        for address in ("http://127.0.0.1:1/x", "https://lapor.example.org/x", "//lapor.example.org/x"):
            with pytest.raises(ProviderRefused, match="another server"):
                one.adapter._api.following(address)
        assert one.adapter._api.following("/api/v1/disposisi?k=2").query == {"k": "2"}


async def test_a_cursor_that_cannot_be_read_costs_a_repetition(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1))
        raw = RawEvent(account="lapor", received_at=START, envelope={"transport": "pull"})
        await one.adapter.ports.inbox.receive(raw, cursor=Cursor(name=pulling.CURSOR, value='{"since":"?"}'))
        assert await one.adapter.puller.once() == 1


# other shapes, by configuration alone


OTHER = {
    "auth": {"kind": "query", "name": "KEYTOKEN"},
    "pull": {
        "path": "/v3/complaints",
        "items": "/result/rows",
        "query": {"agency": "dki"},
        "since": "from",
        "since_format": "%d-%m-%Y %H:%M",
        "mark": "/meta/changed",
        "paging": "number",
        "page": "p",
        "size": "",
    },
    "push": {"items": "/events", "proof": {"kind": "header", "header": "X-Key", "prefix": "Key "}},
    "fields": {
        "number": "/meta/no",
        "kind": "",
        "title": "",
        "text": "/body/0",
        "sender_id": "",
        "sender_name": "/who/name",
        "confidential": "/meta/secret",
        "anonymous": "/meta/hidden",
        "time": "/meta/filed",
        "version": "",
    },
    "attachments": {"items": "/files", "url": ""},
    "follow_up": {
        "path": "/v3/complaints/{id}/notes",
        "method": "PUT",
        "format": "form",
        "body": {"note": "{text}", "hidden": "{private}"},
        "result": "note.id",
    },
    "time_format": "%d/%m/%Y %H.%M",
}


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_a_wholly_other_shape_is_described_not_programmed(world: IntakeWorld, form: str) -> None:
    other = dict(OTHER)
    if form == "xml":
        other |= {"format": "xml"}
    async with lapor(world, **other) as one:
        item = {
            "meta": {"no": "A/1", "secret": "ya", "hidden": "tidak", "filed": "23/11/2026 10.15"},
            "body": ["Air mati."] if form == "json" else "Air mati.",
            "who": {"name": "Siti Contoh"},
            "files": ["https://cdn.example.org/1.jpg"],
        }
        if form == "xml":
            one.account = Account(
                name="lapor",
                adapter="sp4n_lapor",
                settings={**one.account.settings, "fields": {**OTHER["fields"], "text": "/body"}},  # type: ignore[dict-item]
            )
            await one.restart()
        assert await one.adapter.puller.once() == 0, "an empty listing is no trouble"
        await one.fake.add(item)
        assert await one.adapter.puller.once() == 1
        (fate,) = await one.push(item)
        assert fate.outcome == "duplicate"
        await world.settle()
        found = await world.record(fate.ticket)
        assert (found.text, found.lapor_number, found.confidential, found.anonymous) == (
            "Air mati.",
            "A/1",
            True,
            False,
        )
        assert found.sent_at == datetime(2026, 11, 23, 3, 15, tzinfo=UTC)
        assert found.attachments[0].remote == "https://cdn.example.org/1.jpg"
        assert one.fake.asked[0]["agency"] == "dki" and "KEYTOKEN" not in one.fake.asked[0]
        one.fake.items.append({"meta": {"no": "7"}})
        await one.adapter.reply({"id": "7"}, Outgoing(text="Diteruskan", key="k"))
        assert [o.text for o in one.fake.heard] == ["Diteruskan"]


# the way back


@pytest.mark.parametrize(
    ("stage", "word"),
    [
        ("Menunggu", "Belum Diproses"),
        ("Koordinasi", "Diproses"),
        ("Disposisi", "Diproses"),
        ("Selesai", "Selesai"),
    ],
)
async def test_each_stage_is_set_once_whatever_is_repeated(world: IntakeWorld, stage: str, word: str) -> None:
    async with lapor(world) as one:
        assert isinstance(one.adapter, TakesStatus) and isinstance(one.adapter, Replies)
        await one.fake.add(report(1))
        first = await one.adapter.push_status({"id": "1"}, stage, "Sudah ditangani.", "kunci-1")
        again = await one.adapter.push_status({"id": "1"}, stage, "Sudah ditangani.", "kunci-1")
        assert first == again
        assert one.fake.statuses == [
            {"id": "1", "status": word, "text": "Sudah ditangani.", "key": "kunci-1"}
        ]


async def test_unknown_and_unsent_stages(world: IntakeWorld) -> None:
    async with lapor(world, statuses={"Menunggu": "", "Selesai": "Selesai"}) as one:
        assert await one.adapter.push_status({"id": "1"}, "Menunggu", "", "k") == ""
        with pytest.raises(ProviderRefused, match="statuses"):
            await one.adapter.push_status({"id": "1"}, "Lain", "", "k")
        assert one.fake.calls == []


async def test_what_lapor_says_to_an_answer(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        await one.fake.add(report(1))
        words = Outgoing(text="Sudah kami terima.", key="k1", ticket="T")
        assert await one.adapter.reply({"id": "1"}, words) == "tl-1"
        assert await one.adapter.reply({"id": "1"}, words) == "tl-1"
        assert one.fake.heard == [Outgoing(text="Sudah kami terima.", key="1")]
        one.fake.refuse_next.append((409, {}))
        assert await one.adapter.reply({"id": "1"}, Outgoing(text="x", key="k2")) == "k2", (
            "it is there already"
        )
        with pytest.raises(ProviderRefused):
            await one.adapter.reply({"id": "404"}, words)
        with pytest.raises(ProviderRefused):
            await one.adapter.reply({}, words)
        one.fake.refuse_next.append((503, {"Retry-After": "0"}))
        with pytest.raises(ProviderUnavailable):
            await one.adapter.reply({"id": "1"}, Outgoing(text="x", key="k3"))
        one.fake.token_valid = False
        with pytest.raises(ProviderUnavailable):
            await one.adapter.reply({"id": "1"}, Outgoing(text="x", key="k3"))
        assert "token" in one.troubles
        await one.fake.stop()
        with pytest.raises(ProviderUnavailable):
            await one.adapter.reply({"id": "1"}, Outgoing(text="x", key="k3"))


async def test_private_words_need_a_private_way(world: IntakeWorld) -> None:
    call = {"path": "/api/v1/laporan/{id}/tindak-lanjut", "body": {"isi": "{text}"}}
    async with lapor(world, follow_up=call) as one:
        await one.fake.add(report(1))
        with pytest.raises(ProviderRefused, match="private"):
            await one.adapter.reply({"id": "1"}, Outgoing(text="rahasia", key="k"))
        await one.adapter.reply({"id": "1"}, Outgoing(text="umum", key="k", private=False))
        assert [o.text for o in one.fake.heard] == ["umum"]


# media and simulation


async def test_a_file_is_fetched_with_the_token_from_lapor_and_from_nobody_inside(world: IntakeWorld) -> None:
    async with lapor(world) as one:
        one.fake.files["a.jpg"] = b"gambar"
        attachment = one.simulator._file
        assert attachment(1, 0, b"x")["nama"] == "foto-1-0.jpg"
        await one.fake.add(report(1, lampiran=[{"url": "/lampiran/a.jpg"}, {"url": "http://127.0.0.1:1/x"}]))
        await one.adapter.puller.once()
        await world.settle()
        (event,) = await world.events()
        own, inside = event.complaint.attachments
        assert b"".join([chunk async for chunk in one.adapter.fetch(own)]) == b"gambar"
        with pytest.raises(ProviderRefused):
            assert [chunk async for chunk in one.adapter.fetch(inside)]
        assert isinstance(one.adapter.ports.fetch, GuardedFetch)
        await one.adapter.ports.fetch.close()


@pytest.mark.parametrize("mode", ["pull", "push"])
@pytest.mark.parametrize("shape", ["default", "other"])
async def test_the_simulator_sends_as_the_account_is_set(world: IntakeWorld, mode: str, shape: str) -> None:
    more: dict[str, Any] = dict(OTHER) if shape == "other" else {"pull": {}}
    one = Lapor(world, {**more, "modes": [mode], "pull": {**more["pull"], "seconds": 0.05}})
    await one.restart()
    hooks = Hooks(
        receiver=world.receiver,
        adapters=world.adapters,
        clock=world.clock.now,
        public_url="",
        metrics=world.metrics,
    )
    app = web.Application()
    hooks.mount(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    simulator = LaporSimulator(one.account, one.settings, Gateway(http=url, public_url=url))
    assert isinstance(simulator, Hears)
    await simulator.start()
    try:
        async with running(one):
            letter = Letter(number=7, text="Air mati.", photos=(b"x",))
            assert await simulator.send(letter) == ("listed" if mode == "pull" else '200 {"diterima": true}')
            assert await one.tickets() == 1
            await simulator.send(letter)
            assert await one.tickets() == 1, "the same number is the same report"
    finally:
        await simulator.stop()
        await runner.cleanup()
        await one.adapter.close()
