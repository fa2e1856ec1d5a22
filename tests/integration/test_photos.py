"""Photos from a real door to the record: what they say is in it, and the copy that others see says nothing."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from adapters.base import Accepted, Letter
from complaint_queue import wire
from complaint_queue.codec import Codec
from complaint_queue.journal_sqlite import SqliteJournal
from complaint_queue.keys import load_or_create
from intake.content.reader import ContentReader
from intake.evaluation import explaining
from intake.media_reading import TRIES, MediaReading
from normalizer.errors import Damaged
from normalizer.record import Attachment, ComplaintEvent, Message, Sender
from tests import films, pictures
from tests.gateway_process import GatewayProcess
from tests.intake_world import IntakeWorld, intake_world
from tests.lapor_world import LaporWorld, Visitor, lapor_world
from tests.unit.test_pictures import metadata_of

WIB = timedelta(hours=7)
SITI = Sender(reference="siti", name="Siti Contoh")
WORDS = "Jalan berlubang, tolong diperbaiki."


def photo(at: datetime, place: tuple[float, float] | None = pictures.KENARI, seed: int = 1) -> bytes:
    """A photo as a telephone takes it at this moment (UTC)."""
    return pictures.saved(
        pictures.scene(seed), exif=pictures.exif(at=at + WIB, place=place, orientation=1), quality=88
    )


async def fetched(url: str) -> tuple[int, bytes, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.read(), answer.headers.get("Content-Type", "")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[IntakeWorld]:
    async with intake_world(tmp_path) as one:
        yield one


async def stored(world: IntakeWorld, content: bytes, media_type: str = "image/jpeg") -> Attachment:
    """The content as a door hands it in."""
    item = Accepted(message=Message(external_id="x", attachments=(Attachment(),)), contents={0: content})
    (attachment,) = (await world.receiver._store_contents(item)).attachments
    assert attachment.media_type == media_type
    return attachment


async def said(world: IntakeWorld, content: bytes, media_type: str = "image/jpeg", **more: Any) -> None:
    attachment = await stored(world, content, media_type)
    more = {"external_id": "1", "text": WORDS, "sender": SITI, **more}
    await world.say(Message(attachments=(attachment,), **more))


class TestTheRecord:
    async def test_a_photo_says_where_and_when(self, world: IntakeWorld) -> None:
        taken = world.clock.now() - timedelta(hours=2)
        await said(world, photo(taken))
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        place, (one,) = event.complaint.place, event.complaint.attachments
        assert (place.method, place.kelurahan and place.kelurahan.name) == ("photo", "Kenari")
        assert one.captured_at == taken.replace(microsecond=0)
        assert one.captured_place is not None and one.metadata_place
        assert (one.width, one.height, len(one.perceptual_hash)) == (640, 480, 16)
        assert one.public_url and one.thumbnail_url and one.url
        assert any(e.step == "media" and "Jakarta's time" in e.result for e in event.complaint.evidence)

    @pytest.mark.parametrize(
        ("days", "place", "doubt"),
        [(90, pictures.KENARI, "of 90 days before"), (0, (-6.9175, 107.6191), "outside the province")],
    )
    async def test_an_old_photo_or_one_from_afar_is_evidence_and_no_place(
        self, world: IntakeWorld, days: int, place: tuple[float, float], doubt: str
    ) -> None:
        await said(world, photo(world.clock.now() - timedelta(days=days, minutes=5), place))
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        assert (event.complaint.place.method, event.complaint.place.coordinates) == ("none", None)
        assert event.complaint.place.inside is None
        assert event.complaint.attachments[0].captured_place is not None
        assert any(doubt in e.result for e in event.complaint.evidence if e.step == "place")

    async def test_photos_of_several_places_are_less_certain_and_say_so(self, world: IntakeWorld) -> None:
        now = world.clock.now()
        both = (await stored(world, photo(now)), await stored(world, photo(now, (-6.2607, 106.7816), seed=2)))
        await world.say(Message(external_id="1", text=WORDS, sender=SITI, attachments=both))
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        assert event.complaint.place.method == "photo"
        assert event.complaint.place.confidence <= 0.6
        assert any("1 of 2 photos were taken elsewhere" in e.result for e in event.complaint.evidence)

    @pytest.mark.parametrize(
        ("text", "waits"), [("Ada kebakaran di gang kami, tolong!", False), (WORDS, True)]
    )
    async def test_an_emergency_does_not_wait_for_its_photo(
        self, world: IntakeWorld, text: str, waits: bool
    ) -> None:
        await said(world, photo(world.clock.now()), text=text)
        await world.settle(after=3)
        assert (await world.events() == []) is waits

    async def test_what_the_citizen_says_outweighs_the_photo(self, world: IntakeWorld) -> None:
        await said(world, photo(world.clock.now()), text=f"{WORDS} Kelurahan Cideng, Kecamatan Gambir.")
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        place = event.complaint.place
        assert (place.method, place.kelurahan and place.kelurahan.name) == ("text", "Cideng")
        assert place.coordinates is None, "a point elsewhere would put it wrong on the map"
        assert any("photo say" in e.result for e in event.complaint.evidence)

    async def test_of_a_confidential_one_nothing_may_be_shown_and_no_place_travels_in_the_open(
        self, world: IntakeWorld
    ) -> None:
        await said(world, photo(world.clock.now()), confidential=True)
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        (one,) = event.complaint.attachments
        assert one.url and one.metadata_place
        assert (one.public_url, one.public_sha256, one.thumbnail_url, one.thumbnail_sha256) == ("",) * 4
        assert (one.captured_place, event.complaint.place.coordinates) == (None, None)
        assert event.complaint.place.kelurahan is not None

    async def test_what_is_read_after_the_first_event_becomes_information_added(
        self, world: IntakeWorld
    ) -> None:
        await said(world, photo(world.clock.now()))
        await world.settle()
        await world.read_files()
        await world.settle()
        await world.settle()
        created, added = await world.events()
        assert (created.event, added.event) == ("created", "information_added")
        assert created.complaint.attachments[0].public_url == ""
        assert created.complaint.place.method == "none"
        assert added.complaint.place.method == "photo"
        assert added.added is not None and added.added.attachments[0].public_url
        assert added.added.attachments[0].url == created.complaint.attachments[0].url
        assert added.complaint.text == created.complaint.text
        steps = [(e.step, e.result) for e in added.complaint.evidence]
        assert len(steps) == len(set(steps)), "what was found before is not said twice"

    async def test_a_photo_that_comes_later_joins_with_all_that_it_says(self, world: IntakeWorld) -> None:
        await world.say(Message(external_id="1", text=WORDS, sender=SITI))
        await world.settle()
        one = await stored(world, photo(world.clock.now()))
        await world.say(
            Message(external_id="2", text="Ini fotonya.", sender=SITI, follows=("1",), attachments=(one,))
        )
        await world.read_files()
        await world.settle()
        _, added = await world.events()
        assert added.added is not None and added.added.attachments[0].thumbnail_url
        assert added.complaint.place.method == "photo"
        await world.say(Message(external_id="3", text="Masih rusak.", sender=SITI, follows=("1",)))
        await world.settle()
        again = (await world.events())[-1]
        assert (again.complaint.place.method, again.complaint.place.confidence) == (
            "photo",
            added.complaint.place.confidence,
        ), "said again, a photo's place is no more certain"

    async def test_a_film_and_a_voice_note(self, world: IntakeWorld) -> None:
        note = films.voice(7.0)
        attachments = (
            await stored(world, films.movie(place="-06.1917+106.8456/"), "video/mp4"),
            await stored(world, note, "audio/ogg"),
        )
        await world.say(Message(external_id="1", text=WORDS, sender=SITI, attachments=attachments))
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        film, voice = event.complaint.attachments
        assert (film.duration, film.width, film.height, film.metadata_place) == (12.5, 1920, 1080, True)
        assert event.complaint.place.method == "photo"
        assert (voice.duration, voice.public_url) == (7.0, "")
        assert await world.files.read(voice.sha256) == note

    async def test_what_cannot_be_read_stays_as_it_is_and_says_so(self, world: IntakeWorld) -> None:
        cut = photo(world.clock.now())[:5_000]
        await said(world, cut)
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        (one,) = event.complaint.attachments
        assert (one.state, one.public_url, one.perceptual_hash) == ("stored", "", "")
        assert one.captured_place is not None, "what the head says counts"
        assert any("cut off or damaged" in e.result for e in event.complaint.evidence)
        assert await world.files.read(one.sha256) == cut


class TestReadOnce:
    async def test_the_same_photo_from_somebody_else_is_not_read_again(self, world: IntakeWorld) -> None:
        same = photo(world.clock.now())
        await said(world, same)
        await world.read_files()
        await said(world, same, external_id="2", sender=Sender(reference="budi"))
        await world.read_files()
        counted = world.metrics.media_read.labels
        assert counted("image", "shown")._value.get() == 1
        assert counted("image", "known")._value.get() == 1
        await world.settle()
        first, second = await world.events()
        assert first.complaint.attachments[0].public_sha256 == second.complaint.attachments[0].public_sha256

    async def test_a_reader_that_dies_is_asked_again_and_then_no_more(self, world: IntakeWorld) -> None:
        class Dies(ContentReader):
            """Its process is killed as soon as it stands."""

            async def _ready(self) -> Any:
                process = await super()._ready()
                os.kill(process.pid, signal.SIGKILL)
                await process.wait()
                return process

        await said(world, photo(world.clock.now()))
        reading = MediaReading(
            world.journal, world.files, world.clock.now, world.metrics, reader=Dies(deadline=5)
        )
        for number in range(TRIES):
            (job,) = await world.journal.media_due(world.clock.now(), step="read")
            assert job.tries == number
            await reading.one(job)
            world.clock.forward(120)
        assert await world.journal.media_due(world.clock.now(), step="read") == ()
        await world.settle()
        (event,) = await world.events()
        assert event.event == "created", "no complaint was lost over it"
        assert any("ended its reader" in e.result for e in event.complaint.evidence)

    async def test_a_file_that_is_gone_from_the_store_ends_its_job(
        self, world: IntakeWorld, tmp_path: Path
    ) -> None:
        await said(world, photo(world.clock.now()))
        for path in (tmp_path / "files").rglob("*"):
            if path.is_file() and "growing" not in path.parts:
                path.unlink()
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        assert any("stored file is damaged" in e.result for e in event.complaint.evidence)
        with pytest.raises(Damaged):
            await world.files.read(event.complaint.attachments[0].sha256)


class TestThePublicForm:
    @pytest.fixture
    async def lapor(self, tmp_path: Path) -> AsyncIterator[LaporWorld]:
        async with lapor_world(tmp_path) as one:
            yield one

    async def test_a_photo_gives_the_place_and_its_copy_betrays_nothing(self, lapor: LaporWorld) -> None:
        world = lapor.world
        world.filer.addresses = replace_url(world, lapor.url)
        async with Visitor(lapor) as visitor:
            await visitor.get()
            await visitor.send(files=[("IMG_0001.jpg", photo(world.clock.now()))])
        await world.read_files()
        await world.settle()
        (event,) = await world.events()
        (one,) = event.complaint.attachments
        assert (event.complaint.place.method, event.complaint.place.kelurahan.name) == ("photo", "Kenari")  # type: ignore[union-attr]
        for url in (one.public_url, one.thumbnail_url):
            status, content, kind = await fetched(url)
            assert (status, kind) == (200, "image/jpeg")
            assert metadata_of(content) == set()
        status, original, kind = await fetched(one.url)
        assert (status, kind) == (200, "application/octet-stream")
        assert original == await world.files.read(one.sha256) and b"Siti Contoh" in original

    async def test_an_address_opens_nothing_but_what_it_was_made_for(self, lapor: LaporWorld) -> None:
        world = lapor.world
        world.filer.addresses = replace_url(world, lapor.url)
        async with Visitor(lapor) as visitor:
            await visitor.get()
            await visitor.send(files=[("IMG_0001.jpg", photo(world.clock.now()))])
        await world.read_files()
        await world.settle()
        (one,) = (await world.events())[0].complaint.attachments
        proof = one.public_url.partition("?")[2]
        for forged in (
            f"{lapor.url}/lampiran/{one.sha256}?{proof}",
            f"{lapor.url}/gambar/{one.sha256}?{proof}",
            f"{lapor.url}/lampiran/{one.public_sha256}?{proof}",
            f"{lapor.url}/gambar/{one.thumbnail_sha256}?{proof}",
            f"{lapor.url}/gambar/{one.sha256}?{one.url.partition('?')[2]}",
            re.sub(r"exp=\d+", "exp=99999999999", one.public_url),
            one.public_url.partition("?")[0],
        ):
            assert (await fetched(forged))[0] == 403, forged
        world.clock.forward(31 * 86400)
        assert (await fetched(one.public_url))[0] == 403


def replace_url(world: IntakeWorld, url: str) -> Any:
    import dataclasses

    return dataclasses.replace(world.filer.addresses, public_url=url)


CONFIG = """
[gateway]
data_dir = "{data}"
listen = "127.0.0.1:{http}"
restart_grace = 1.0

[[account]]
name = "email-dki"
adapter = "email"
[account.settings]
smtp_listen = "127.0.0.1:{smtp}"
addresses = ["dki@jakarta.go.id"]

[[account]]
name = "balai-warga"
adapter = "balai_warga"
"""


async def filed(gateway: GatewayProcess, wanted: int, within: float = 60.0) -> list[ComplaintEvent]:
    """The events in a running gateway's journal, once there are so many and all photos were read."""
    data = gateway.folder / "data"
    journal = SqliteJournal.read_only(data / "journal.sqlite3", Codec(load_or_create(data / "keys.json", {})))
    await journal.open()
    try:
        async with asyncio.timeout(within):
            while True:
                events = [wire.decode_body(e.body) for e in await journal.unpublished(100)]
                if len(events) >= wanted and (await journal.depths()).media_pending == 0:
                    return events
                await asyncio.sleep(0.1)
    finally:
        await journal.close()


async def sent(gateway: GatewayProcess, account: str, letter: Letter) -> None:
    simulator = gateway.simulator(account)
    await simulator.start()
    try:
        await simulator.send(letter)
    finally:
        await simulator.stop()


@pytest.mark.timeout(120)
async def test_a_whole_gateway_killed_between_an_answer_and_the_reading(tmp_path: Path) -> None:
    """By mail and by the public form; what it had answered before it was killed it reads after the next start."""
    now = datetime.now(UTC)
    gateway = GatewayProcess(tmp_path, template=CONFIG)
    await gateway.start()
    try:
        large = pictures.saved(
            pictures.scene(4, 2400, 1800), exif=pictures.exif(at=now + WIB, place=pictures.KENARI)
        )
        await sent(gateway, "email-dki", Letter(number=1, text=WORDS, photos=(large,)))
        await gateway.kill()
        await gateway.start()
        await sent(gateway, "balai-warga", Letter(number=2, text=WORDS, photos=(photo(now),)))
        events = {e.complaint.account: e.complaint for e in await filed(gateway, 2)}
        assert set(events) == {"email-dki", "balai-warga"}
        for account, record in events.items():
            (one,) = record.attachments
            assert one.metadata_place and one.captured_place is not None, account
            assert record.place.kelurahan is not None and record.place.kelurahan.name == "Kenari", account
            status, content, _ = await fetched(one.public_url)
            assert status == 200 and metadata_of(content) == set()
            assert max(Image.open(io.BytesIO(content)).size) in (640, 2048)
        ticket = events["email-dki"].ticket
        (told,) = await asyncio.to_thread(explaining.find, ticket, lambda: gateway.config)
        assert any("Jakarta's time" in e.result for e in told.record.evidence)
        assert "106.8456" not in gateway.log.read_text() and "-6.19" not in gateway.log.read_text()
    finally:
        await gateway.stop()
