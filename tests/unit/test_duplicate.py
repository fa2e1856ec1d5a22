"""Duplicates: what two complaints are compared by, when they are linked, and what is never linked."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalizer.assemble import assemble
from normalizer.context import Context
from normalizer.duplicate_memory import Recent
from normalizer.duplicate_print import fingerprint_of, unpack
from normalizer.duplicate_reading import Reader
from normalizer.duplicate_score import Asked, compare, load
from normalizer.duplicate_words import Slot, cues
from normalizer.identity import decode_id, encode_id
from normalizer.pipeline import normalise
from normalizer.record import Attachment, Complaint, Contact, Coordinates, Message, Place, Sender
from tests.steps import context

KEY = b"a key of thirty-two bytes, or so"
BASE = context()
LEARNED = load()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POTHOLE = "Jalan berlubang di Jl. Cendana Wangi 3 depan bengkel, Kelurahan Kalisari, sudah ada yang jatuh"
SLANG = "lobang gede bgt jl cendana wangi 3 kalisari dpn bengkel, ojol td pagi nyungsep"


class World:
    """Complaints that are told one after the other, a minute apart."""

    def __init__(self, **options: float) -> None:
        self.recent = Recent(KEY, learned=LEARNED, **options)  # type: ignore[arg-type]
        self.context: Context = replace(BASE, recent=self.recent)
        self.number = 0

    def raw(self, text: str, *, hours: float = 0.0, sender: str = "", **fields: object) -> Complaint:
        self.number += 1
        message = Message(
            external_id=str(self.number),
            text=text,
            sender=Sender(reference=sender or f"p{self.number}"),
            **fields,  # type: ignore[arg-type]
        )
        return assemble(
            complaint_id=encode_id(self.number),
            ticket=f"T{self.number}",
            adapter="sms",
            account="sms-1708",
            channel=("sms", "whatsapp", "twitter", "email")[self.number % 4],
            received_at=NOW + timedelta(hours=hours, minutes=self.number),
            messages=[message],
            raw_sha256=(),
            reference=sender or f"p{self.number}",
        )

    def tell(self, text: str, *, hours: float = 0.0, sender: str = "", **fields: object) -> Complaint:
        return self.keep(normalise(self.raw(text, hours=hours, sender=sender, **fields), self.context))

    def keep(self, complaint: Complaint) -> Complaint:
        self.recent.add(decode_id(complaint.complaint_id), self.recent.of(complaint))
        return complaint


def links(complaint: Complaint) -> list[str]:
    return [link.ticket for link in complaint.possible_duplicates]


def test_the_same_pothole_in_other_words_and_on_another_channel_is_linked() -> None:
    world = World()
    first = world.tell(POTHOLE)
    second = world.tell(SLANG, hours=5)
    assert links(first) == []
    assert "possible_duplicate" not in first.flags
    assert links(second) == [first.ticket]
    assert "possible_duplicate" in second.flags
    (link,) = second.possible_duplicates
    assert link.confidence >= LEARNED.threshold
    assert {"street", "topic"} <= set(link.reasons)
    assert "cendana" in link.words
    (evidence,) = [e for e in second.evidence if e.step == "duplicate"]
    assert first.ticket in evidence.result and evidence.words == link.words


@pytest.mark.parametrize(
    "other",
    [
        "Jalan berlubang di Jl. Melur Putih 3 depan bengkel, Kelurahan Kalisari",  # another street
        "Jalan berlubang di Jl. Cendana Wangi 9 depan sekolah, Kelurahan Kalisari",  # another number
        "Lampu jalan mati di Jl. Cendana Wangi 3 depan bengkel, Kelurahan Kalisari, gelap sekali",  # another matter
        "Jalan berlubang di Jl. Cendana Wangi 3 depan bengkel, Kelurahan Duri Kepa",  # another kelurahan
    ],
)
def test_another_place_or_matter_is_not_linked(other: str) -> None:
    world = World()
    world.tell(POTHOLE)
    assert links(world.tell(other, hours=2)) == []


def test_an_event_is_over_after_some_days_and_a_pothole_is_not() -> None:
    for text, linked in (
        (POTHOLE, True),
        ("Warga tawuran bawa celurit dan petasan di Jl. Cendana Wangi 3, Kelurahan Kalisari", False),
    ):
        world = World()
        world.tell(text)
        assert bool(links(world.tell(text, hours=220))) is linked
    world = World()
    world.tell(POTHOLE)
    assert links(world.tell(POTHOLE, hours=15 * 24)) == []


def test_a_complaint_without_a_place_is_linked_to_the_same_persons_alone() -> None:
    world = World()
    first = world.tell("Lampu jalan depan rumah saya mati sudah seminggu", sender="siti")
    assert links(world.tell("Lampu jalan depan rumah saya mati sudah seminggu", sender="budi")) == []
    again = world.tell(
        "lampu jalan depan rumah saya masih mati, sudah seminggu lebih", hours=30, sender="siti"
    )
    assert links(again) == [first.ticket]
    assert "sender" in again.possible_duplicates[0].reasons
    assert links(world.tell("Sampah depan rumah saya tidak diangkut", sender="siti")) == []


def test_the_same_person_is_known_on_another_channel_by_a_telephone_number() -> None:
    world = World()
    phone = (Contact(kind="phone", value="0812-0000-1234"),)
    text = "Lampu jalan depan rumah saya mati sudah seminggu, tolong diganti"
    first = normalise(world.raw(text), world.context)
    first = msgspec.structs.replace(first, reporter=msgspec.structs.replace(first.reporter, contacts=phone))
    world.keep(first)
    second = world.raw(text, hours=3)
    second = msgspec.structs.replace(
        second, reporter=msgspec.structs.replace(second.reporter, contacts=phone)
    )
    # The contact step writes both in E.164; here the first was changed after it.
    first_again = normalise(msgspec.structs.replace(first, evidence=()), world.context)
    world.keep(first_again)
    assert links(normalise(second, world.context)) == [first.ticket]


def test_two_points_a_few_metres_apart_are_one_place() -> None:
    def at(latitude: float) -> Place:
        return Place(coordinates=Coordinates(latitude=latitude, longitude=106.8584), method="coordinates")

    world = World()
    first = world.tell("Lubang di jalan, bahaya", place=at(-6.2291))
    assert links(world.tell("Jalan berlubang, mohon ditambal", place=at(-6.22915))) == [first.ticket]
    assert links(world.tell("Jalan berlubang, mohon ditambal", place=at(-6.2371))) == []


def test_a_copy_of_a_photo_is_recognised_within_eight_bits() -> None:
    def photo(bits: int) -> tuple[Attachment, ...]:
        return (Attachment(media_type="image/jpeg", sha256=f"{bits:064x}", perceptual_hash=f"{bits:016x}"),)

    world = World()
    original = 0x5A3C_96E1_0F78_D24B
    text = "Sampah menumpuk di pinggir kali, Kelurahan Pekojan"
    first = world.tell(text, attachments=photo(original))
    near, far = original ^ 0b1001_0000_0001, original ^ 0xFFFF_0000
    second = world.tell("tumpukan sampah belum diangkut juga", attachments=photo(near))
    assert links(second) == [first.ticket]
    assert second.possible_duplicates[0].reasons[0] == "photo"
    assert links(world.tell("tumpukan sampah belum diangkut juga", attachments=photo(far))) == []
    # An even surface has a hash that thousands of pictures share.
    world.tell("foto gelap", attachments=photo(0))
    assert links(world.tell("foto hitam", attachments=photo(0))) == []


@pytest.mark.parametrize("secret", [{"confidential": True}, {"against_office": "31.75.05.1005"}])
def test_what_is_secret_is_neither_linked_nor_linked_to(secret: dict[str, object]) -> None:
    world = World()
    hidden = world.tell(POTHOLE, **secret)
    assert len(world.recent) == 0
    assert world.recent.of(hidden) == b""
    shown = world.tell(SLANG)
    assert links(shown) == []
    assert links(world.tell(POTHOLE, **secret)) == []


def test_a_complaint_that_becomes_confidential_is_forgotten_and_loses_its_links() -> None:
    world = World()
    world.tell(POTHOLE)
    second = world.tell(SLANG)
    assert links(second)
    later = normalise(msgspec.structs.replace(second, confidential=True, evidence=()), world.context)
    assert links(later) == []
    assert "possible_duplicate" not in later.flags
    world.keep(later)
    assert not world.recent.knows(2)


def test_an_anonymous_complaint_is_not_told_by_its_sender() -> None:
    world = World()
    text = "Lampu jalan depan rumah saya mati sudah seminggu"
    world.tell(text, sender="siti")
    assert links(world.tell(text, sender="siti", anonymous=True)) == []
    first = world.tell(POTHOLE, sender="siti")
    linked = world.tell(SLANG, sender="siti", anonymous=True)
    assert links(linked) == [first.ticket]
    assert "sender" not in linked.possible_duplicates[0].reasons


def test_a_complaint_is_not_its_own_duplicate_and_the_earlier_one_stays_as_it_was() -> None:
    world = World()
    first = world.tell(POTHOLE)
    second = world.tell(SLANG, hours=1)
    again = normalise(msgspec.structs.replace(first, evidence=()), world.context)
    assert links(again) == []  # the later one has said it
    told_more = normalise(
        msgspec.structs.replace(second, text=f"{second.text}\n\nmasih belum ditambal", evidence=()),
        world.context,
    )
    assert links(told_more) == [first.ticket]
    # As `with_added` hands it over: what was read from the old words is forgotten.
    other = msgspec.structs.replace(
        second, text="Pohon tumbang di Jalan Kemang Raya", place=Place(), categories=(), evidence=()
    )
    corrected = normalise(other, world.context)
    assert links(corrected) == []
    assert "possible_duplicate" not in corrected.flags


def test_nothing_in_a_fingerprint_can_be_read() -> None:
    reader = Reader(KEY, LEARNED.common)
    world = World()
    complaint = world.tell(POTHOLE + ". Hubungi Siti Contoh 0812-0000-1234", sender="+6281200001234")
    packed = world.recent.of(complaint)
    for word in (b"cendana", b"Cendana", b"siti", b"Siti", b"0812", b"6281", b"berlubang", b"bengkel"):
        assert word not in packed
    other = fingerprint_of(complaint, Reader(b"another key", LEARNED.common))[0]
    same = fingerprint_of(complaint, reader)[0]
    assert same == unpack(packed)
    assert other.words != same.words and other.marks != same.marks and other.senders != same.senders
    # A telephone number or a NIK in the text is not even hashed.
    quiet = fingerprint_of(world.raw(POTHOLE + ". Hubungi Siti Contoh"), reader)[0]
    assert same.counts[1] <= quiet.counts[1] + 3


def test_marks_are_told_apart_by_their_slot() -> None:
    read = Reader(KEY, LEARNED.common).read

    def shown(text: str) -> dict[int, set[str]]:
        reading = read(text, showing=True)
        return {
            slot: {reading.shown[mark] for mark in marks}
            for slot, marks in reading.marks.items()
            if slot not in (Slot.SORT, Slot.LEVEL)
        }

    formal, hasty = (
        shown("Banjir di RT 05 RW 03, Jl. Cempala Wora No. 7"),
        shown("rt5/3 jl cempala wora no7 banjir"),
    )
    assert formal == hasty
    assert formal[Slot.RT] == {"rt 5"} and formal[Slot.RW] == {"rw 3"} and formal[Slot.HOUSE] == {"house 7"}
    assert shown("mobil B 1973 TUF")[Slot.PLATE] == shown("B-1973-TUF parkir")[Slot.PLATE]
    assert shown("gang buntu II")[Slot.STREET_NUMBER] == shown("gg buntu 2")[Slot.STREET_NUMBER]
    assert Slot.RW not in shown("RT 5, 3 hari tidak diangkut")
    assert Slot.STREET not in shown("jalan rusak parah sekali")


def test_words_of_one_thing_and_words_written_in_haste_are_one() -> None:
    reader = Reader(KEY, LEARNED.common)
    one = reader.read("lobang besar").matters
    for other in ("jalan berlubang", "pothole", "bolong2", "lubangnya"):
        assert one.keys() & reader.read(other).matters.keys(), other
    assert reader.read("trotoar").words.keys() & reader.read("sidewalk").words.keys()
    assert reader.read("smph numpuk").matters.keys() == reader.read("sampah numpuk").matters.keys()


def test_a_name_is_found_behind_a_cue_of_two_words_and_in_english_before_it() -> None:
    read = Reader(KEY, LEARNED.common).read
    hospital = cues()["rsud"][0]
    one = read("AC bangsal RSUD Koja mati").marks[hospital]
    for other in ("bangsal rumah sakit Koja panas", "no cooling at Koja hospital"):
        assert read(other).marks[hospital] == one, other
    street = Slot.STREET
    assert read("holes on Nawi street").marks[street] == read("lubang di jl nawi").marks[street]
    # A hole in the road is on no street of that name.
    assert street not in read("a hole in the road").marks
    assert street in read("Jalan Beringin Raya gelap").marks
    assert street not in read("jalan berlubang besar dalam").marks
    # "pd" is short for pondok before a name, and for pada.
    assert read("pd bambu gelap").regions.keys() == read("pondok bambu gelap").regions.keys()
    assert street not in read("lampu jln pd mati").marks


def test_an_amount_is_one_however_it_is_written() -> None:
    read = Reader(KEY, LEARNED.common).read
    for amount, others in (
        ("parkir 35rb", ("parkir 35 ribu", "parkir Rp35.000", "parkir 35000", "parkir 35k")),
        ("iuran Rp1.200.000", ("iuran 1,2 jt", "iuran 1,2 juta")),
        ("minta goceng", ("minta 5000", "minta 5 ribu", "minta Rp 5.000")),
    ):
        for other in others:
            assert read(amount).words.keys() <= read(other).words.keys(), other
    assert Slot.HOUSE in read("jl nawi no 35").marks
    assert read("parkir 35rb").words.keys() != read("parkir 25rb").words.keys()


def test_a_hanging_cable_outlasts_an_outage_and_a_robbery_is_over_at_once() -> None:
    for text, hours, linked in (
        ("Kabel listrik menjuntai di Jl. Cendana Wangi 3, Kelurahan Kalisari", 120, True),
        ("Listrik padam di Jl. Cendana Wangi 3, Kelurahan Kalisari", 120, False),
        ("Ada begal di Jl. Cendana Wangi 3, Kelurahan Kalisari", 20, True),
        ("Ada begal di Jl. Cendana Wangi 3, Kelurahan Kalisari", 72, False),
    ):
        world = World()
        world.tell(text)
        assert bool(links(world.tell(text, hours=hours))) is linked, (text, hours)


def test_ten_citizens_are_linked_and_no_list_grows_beyond_ten() -> None:
    world = World()
    told = [world.tell(f"{POTHOLE if n % 2 else SLANG} laporan ke {n}", hours=n) for n in range(14)]
    for number, complaint in enumerate(told):
        assert len(links(complaint)) == min(number, 10)


def test_a_flood_of_one_text_costs_no_more_than_a_little() -> None:
    world = World(most=2000)
    complaint = world.tell(POTHOLE)
    packed = world.recent.of(complaint)
    found = unpack(packed)
    began = time.process_time()
    for number in range(2, 10_002):
        copy = msgspec.structs.replace(found, complaint_id=number, ticket=str(number), at=found.at + number)
        world.recent.add(number, msgspec.msgpack.encode(copy))
    asked, reading = fingerprint_of(world.raw(SLANG), world.recent.reader)
    for _ in range(200):
        near = list(world.recent.like(asked))
        assert 0 < len(near) <= 16
        compare(Asked(asked, reading), near[0])
    assert time.process_time() - began < 20
    assert len(world.recent) <= 2000


def test_the_oldest_are_forgotten_by_age_and_by_number() -> None:
    world = World(most=50, days=1)
    first = world.tell(POTHOLE)
    packed = world.recent.of(first)
    found = unpack(packed)
    for number in range(2, 200):
        other = msgspec.structs.replace(found, complaint_id=number, at=found.at + number)
        world.recent.add(number, msgspec.msgpack.encode(other))
    assert len(world.recent) == 50
    assert not world.recent.knows(1) and world.recent.knows(199)
    for number in range(1000, 1020):
        late = msgspec.structs.replace(found, complaint_id=number, at=found.at + 3 * 86_400)
        world.recent.add(number, msgspec.msgpack.encode(late))
    assert not world.recent.knows(199)


def test_what_another_version_stored_is_left_out() -> None:
    recent = Recent(KEY, learned=LEARNED)
    recent.add(1, b"\x93\x01\x02\x03")
    recent.add(2, b"nonsense")
    assert len(recent) == 0


@pytest.mark.parametrize(
    "text",
    [
        "jalan " * 170_000,
        "a" * 1_000_000,
        "Jl. " + "Mawar " * 160_000,
        "rt " * 300_000,
        "\u202ert5/3" * 100_000,
    ],
    ids=["words", "one word", "street", "rt", "bidi"],
)
def test_a_megabyte_is_read_in_no_time(text: str) -> None:
    reader = Reader(KEY, LEARNED.common)
    began = time.process_time()
    reader.read(text)
    assert time.process_time() - began < 0.5


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_are_compared(one: str, two: str) -> None:
    world = World()
    world.tell(one)
    told = world.tell(two)
    assert not [e for e in told.evidence if e.result.startswith("failed")]


def test_a_model_for_other_features_is_refused_with_the_cure(tmp_path: object) -> None:
    import gzip
    from pathlib import Path

    file = Path(str(tmp_path)) / "model.gz"
    file.write_bytes(b"no model")
    with pytest.raises(ValueError, match="kanal train duplicate"):
        load(file)
    other = msgspec.structs.replace(LEARNED, weights={"place": 1.0})
    file.write_bytes(gzip.compress(msgspec.msgpack.encode(other)))
    with pytest.raises(ValueError, match="kanal train duplicate"):
        load(file)
