"""One message of each sort through every step; and what happens when a step fails."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from normalizer.assemble import added, assemble, with_added
from normalizer.pipeline import STEPS, Context, normalise
from normalizer.record import (
    Attachment,
    Complaint,
    Contact,
    Coordinates,
    Group,
    Message,
    Place,
    Region,
    Sender,
)
from tests.steps import context

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CONTEXT = context()


def raw(*messages: Message) -> Complaint:
    return assemble(
        complaint_id="0000000000001",
        ticket="261123-0001-0",
        adapter="sms",
        account="sms-a",
        channel="sms",
        received_at=NOW,
        messages=messages,
        raw_sha256=["a" * 64],
        reference="person",
    )


def normalised(text: str, **fields: object) -> Complaint:
    return normalise(raw(msgspec.structs.replace(Message(external_id="1", text=text), **fields)), CONTEXT)


def test_one_sms_through_every_step() -> None:
    record = normalised(
        "Pak tlg lampu jalan mati di Jl. Tebet Barat Dalam No. 5 RT 05/RW 03 kel. Tebet Barat sdh 2 minggu gak nyala",
        sender=Sender(reference="x", contacts=(Contact(kind="phone", value="0812 0000 1234"),)),
    )
    assert record.kind == "complaint"
    assert record.language.code == "id"
    assert record.place.kelurahan == Region(code="31.74.01.1002", name="Tebet Barat")
    assert record.place.city is not None
    assert record.place.city.code == "31.74"
    assert record.place.inside is True
    assert record.place.address == "Jl. Tebet Barat Dalam No. 5 RT 05/RW 03"
    assert [c.code for c in record.categories] == ["lampu_jalan"]
    assert record.reporter.contacts == (Contact(kind="phone", value="+6281200001234"),)
    assert "No. […] RT 05/RW 03" in record.public_text
    assert {e.step for e in record.evidence} >= {"kind", "language", "place", "category", "privacy"}
    assert not any(e.result.startswith("failed") for e in record.evidence)


def test_a_failing_step_is_said_and_loses_nothing() -> None:
    def broken(complaint: Complaint, context: Context) -> Complaint:
        raise LookupError("a secret that evidence must not show")

    record = normalise(
        raw(Message(external_id="1", text="got mampet")), CONTEXT, (("broken", broken), *STEPS)
    )
    assert record.text == "got mampet"
    failed = [e for e in record.evidence if e.step == "broken"]
    assert [(e.result, e.confidence) for e in failed] == [("failed: LookupError", 0.0)]
    assert record.categories[0].code == "saluran_air"


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec=None), max_size=400))
def test_no_text_makes_a_step_fail(text: str) -> None:
    record = normalised(text)
    assert [e for e in record.evidence if e.result.startswith("failed")] == []
    assert msgspec.json.decode(msgspec.json.encode(record), type=Complaint) == record


def test_the_same_text_gives_the_same_record() -> None:
    text = "asdf qwer zxcv halo halo bandung"
    assert normalised(text) == normalised(text)


def test_parts_of_a_long_sms_are_joined_in_their_order() -> None:
    def part(order: int, text: str) -> Message:
        return Message(
            external_id=str(order), text=text, group=Group(key="g", parts=3, order=order), parts_joiner=""
        )

    record = raw(part(2, "pat di Teb"), part(3, "et"), part(1, "Got mam"))
    assert record.text == "Got mampat di Tebet"
    assert record.external_ids == ("2", "3", "1")


def test_an_album_is_one_complaint_with_all_photos_once() -> None:
    def photo(n: int, caption: str = "") -> Message:
        return Message(
            external_id=f"p{n}",
            text=caption,
            group=Group(key="album", order=n),
            attachments=(Attachment(sha256=f"{n % 2}" * 64, media_type="image/jpeg"),),
        )

    record = raw(photo(1, "Pohon tumbang"), photo(2), photo(3, "menutup jalan"))
    assert record.text == "Pohon tumbang\nmenutup jalan"
    assert [a.sha256[0] for a in record.attachments] == ["1", "0"]


def test_an_edit_replaces_its_message_and_a_secret_stays_secret() -> None:
    first = Message(external_id="1", text="Jalan rusak di Tebet", confidential=True)
    edit = Message(external_id="1", verb="edit", version="2", text="Jalan rusak di Menteng", follows=("1",))
    record = raw(first, Message(external_id="2", text="fotonya menyusul"), edit)
    assert record.text == "Jalan rusak di Menteng\nfotonya menyusul"
    assert record.confidential


def test_words_that_were_changed_before_they_came_are_not_said_again() -> None:
    edit = Message(external_id="1", verb="edit", version="2", text="Jalan rusak di Menteng", follows=("1",))
    photo = Attachment(sha256="a" * 64, media_type="image/jpeg")
    late = Message(external_id="1", text="Jalan rusak di Tebet", attachments=(photo,))
    record = raw(edit, late)
    assert record.text == "Jalan rusak di Menteng"
    assert record.attachments == (photo,)


def test_location_message_and_words_become_one_place() -> None:
    where = Place(coordinates=Coordinates(latitude=-6.1754, longitude=106.8272), method="coordinates")
    record = normalise(
        raw(Message(external_id="1", text="sampah menumpuk"), Message(external_id="2", place=where)), CONTEXT
    )
    assert record.place.method == "coordinates"
    assert record.place.city is not None
    assert record.place.city.code == "31.71"


def test_an_addition_is_appended_and_read_again() -> None:
    before = normalised("Jalan rusak parah", sender=Sender(name="Siti Contoh"))
    more = Message(external_id="2", text="Lokasinya di kelurahan Cideng. Nama saya Siti Contoh")
    after = normalise(with_added(before, [more], ["b" * 64]), CONTEXT)
    assert after.text.startswith("Jalan rusak parah\n\nLokasinya")
    assert after.place.kelurahan == Region(code="31.71.01.1002", name="Cideng")
    assert after.raw_sha256 == ("a" * 64, "b" * 64)
    assert "Siti" not in after.public_text
    assert sum(e.step == "kind" for e in after.evidence) == 1


def test_an_edit_of_the_only_message_replaces_the_text() -> None:
    edit = Message(external_id="1", verb="edit", version="2", text="Got mampet di Menteng", follows=("1",))
    before = normalised("Got mampet di Tebet")
    assert with_added(before, [edit], []).text == "Got mampet di Menteng"
    part = added([edit], NOW, third_party=False)
    assert (part.edit, part.text, part.public_text) == (
        True,
        "Got mampet di Menteng",
        "Got mampet di Menteng",
    )


def test_what_a_clerk_chose_wins_and_the_conflict_is_said() -> None:
    chosen = Place(kelurahan=Region(code="31.71.06.1001", name="Menteng"), method="clerk")
    record = normalised(
        "banjir di kelurahan Tebet Barat", place=chosen, clerk_id="c1", category="banjir_genangan"
    )
    assert record.place.kelurahan is not None
    assert record.place.kelurahan.code == "31.71.06.1001"
    assert record.place.method == "clerk"
    assert any(e.step == "place" and "words say 31.74.01.1002" in e.result for e in record.evidence)
    assert record.categories[0].confidence == 1.0


def test_an_unknown_category_is_left_out_and_said() -> None:
    record = normalised("aduan saya", category="no_such")
    assert record.categories == ()
    assert any(e.result == "unknown code left out" for e in record.evidence)


def test_no_message_is_no_complaint() -> None:
    with pytest.raises(ValueError, match="at least one"):
        raw()
