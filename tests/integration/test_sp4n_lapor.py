"""The LAPOR adapter against its fake server and a real journal: both ways in, other shapes, and the way back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.base import Account, Gateway, Hears, Letter, Outgoing, Replies, TakesStatus
from adapters.sp4n_lapor.simulate import LaporSimulator
from intake.guard import GuardedFetch
from intake.web.hooks import Hooks
from normalizer.errors import ProviderRefused, ProviderUnavailable
from tests.intake_world import IntakeWorld, intake_world
from tests.sp4n_world import Lapor, lapor, report, running


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as made:
        yield made


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
