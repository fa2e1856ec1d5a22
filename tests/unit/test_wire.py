"""What leaves for the CRM: CloudEvents in binary mode, one schema, and no identity where it is confidential."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
import msgspec
import pamqp.frame
import pytest
from msgspec.structs import replace
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from complaint_queue import seal, wire
from complaint_queue.frames import Frames
from complaint_queue.journal import OutboxEvent
from complaint_queue.outflow import Outflow
from complaint_queue.secrecy import MASK
from normalizer.errors import Damaged, Unreadable
from normalizer.record import Added, Attachment, ComplaintEvent, Contact, Place, Region
from tests.event_samples import NOW, SOURCE, MemoryOutbox, event, with_text


class Message:
    """A delivered message, as a consumer's library shows it."""

    def __init__(self, stored: OutboxEvent, **changed: Any) -> None:
        properties = wire.properties(stored, SOURCE)
        self.body: bytes = changed.get("body", stored.body)
        self.content_type: str | None = changed.get("content_type", properties.content_type)
        self.message_id: str | None = changed.get("message_id", properties.message_id)
        self.headers: dict[str, Any] = {**(properties.headers or {}), **changed.get("headers", {})}


def stored(record: ComplaintEvent | None = None) -> OutboxEvent:
    return MemoryOutbox().put(record or event(), 1)


def test_an_event_comes_back_as_it_went() -> None:
    assert wire.decode(Message(stored())) == event()


def test_the_envelope_is_cloudevents_in_binary_mode() -> None:
    properties = wire.properties(stored(), SOURCE)
    assert properties.headers == {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": "0000000000001.1.0",
        "cloudEvents:type": "id.go.jakarta.aduan.complaint.created",
        "cloudEvents:source": SOURCE,
        "cloudEvents:time": "2026-11-23T02:00:00Z",
        "cloudEvents:subject": "261123-0001-0",
        "cloudEvents:dataschema": "urn:kanal-aduan:schema:complaint-event:1.0",
    }
    assert (properties.content_type, properties.delivery_mode) == ("application/json", 2)
    assert properties.message_id == event().event_id


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(city=Region(code="31.71", name="Jakarta Pusat")), "3171"),
        (Place(city=Region(code="31.01", name="Kepulauan Seribu")), "3101"),
        (Place(), "unknown"),
        (Place(inside=True), "unknown"),
        (Place(inside=False), "outside"),
        (Place(inside=False, city=Region(code="32.76", name="Depok")), "outside"),
        (Place(city=Region(code="?", name="?")), "unknown"),
    ],
)
def test_the_region_of_the_routing_key(place: Place, expected: str) -> None:
    record = event()
    record = replace(record, complaint=replace(record.complaint, place=place))
    assert wire.encode(record)[0] == f"created.sms.{expected}"


def test_times_leave_in_utc() -> None:
    wib = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=7)))
    record = replace(event(1, 2), occurred_at=wib, added=Added(text="x", received_at=wib))
    photo = Attachment(captured_at=wib, url_expires_at=wib)
    record = replace(record, complaint=replace(record.complaint, sent_at=wib, attachments=(photo,)))
    body = wire.encode(record)[1]
    assert b"+07:00" not in body
    assert body.count(b"2026-11-23T02:00:00Z") == 6
    with pytest.raises(ValueError, match="without a zone"):
        wire.encode(replace(record, occurred_at=wib.replace(tzinfo=None)))


@pytest.mark.parametrize("confidential", [False, True])
@pytest.mark.parametrize("sequence", [1, 2])
def test_the_schema_holds_for_what_is_sent(confidential: bool, sequence: int) -> None:
    public = seal.read_key(seal.generate()[1])
    body = wire.encode(event(1, sequence, confidential=confidential), crm_key=public)[1]
    checker = jsonschema.Draft202012Validator(wire.json_schema())
    checker.check_schema(wire.json_schema())
    checker.validate(msgspec.json.decode(body))


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.pop("complaint"),
        lambda e: e.update(sequence=0),
        lambda e: e.update(event="exploded"),
        lambda e: e["complaint"].update(channel="Dengan Spasi"),
        lambda e: e["complaint"]["place"]["coordinates"].update(latitude=106.8),
        lambda e: e.update(occurred_at="2026-11-23T02:00:00"),
    ],
)
def test_what_does_not_validate_is_refused(change: Any) -> None:
    wrong = msgspec.json.decode(wire.encode(event())[1])
    change(wrong)
    with pytest.raises(Unreadable):
        wire.decode(Message(stored(), body=msgspec.json.encode(wrong)))


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b""},
        {"body": b"{" * 100_000},
        {"body": b"\xff\xfe"},
        {"content_type": "text/plain"},
        {"content_type": None},
        {"message_id": "0000000000002.1.0"},
        {"message_id": None},
        {"headers": {"cloudEvents:id": "0000000000002.1.0"}},
        {"headers": {"cloudEvents:type": "id.go.jakarta.aduan.complaint.rated"}},
        {"headers": {"cloudEvents:subject": "261123-0002-0"}},
        {"headers": {"cloudEvents:specversion": "2.0"}},
    ],
)
def test_an_envelope_that_does_not_fit_its_body_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        wire.decode(Message(stored(), **changed))


def test_another_major_version_is_refused_and_an_unknown_field_is_not() -> None:
    newer = msgspec.json.decode(wire.encode(event())[1])
    newer["complaint"]["added_in_1_7"] = "x"
    assert wire.decode(Message(stored(), body=msgspec.json.encode(newer))) == event()
    newer["complaint"]["schema_version"] = "2.0"
    with pytest.raises(Unreadable, match="major"):
        wire.decode(Message(stored(), body=msgspec.json.encode(newer)))


# confidential complaints

IDENTITY = ("Siti", "Contoh", "81200001234", "0812-0000-1234", "3171000000000001", "siti.contoh@example.org")


def planted() -> ComplaintEvent:
    """Identity in every string of the record that a citizen or a provider can fill."""
    words = "SITI  contoh (+62 812 0000 1234, 0812-0000-1234, 3171.0000.0000.0001), Siti.Contoh@example.org, @siti_c"
    record = event(1, 2, confidential=True)
    complaint = record.complaint
    names = ("subject", "text", "original_text", "public_text", "thread_id", "permalink")
    free = dict.fromkeys(names, words) | {"on_behalf_of": "Contoh"}
    return replace(
        record,
        added=Added(text=words, public_text=words, received_at=NOW, attachments=(_attachment(words),)),
        complaint=replace(
            complaint,
            **free,
            external_ids=(words,),
            attachments=(_attachment(words),),
            place=replace(complaint.place, address=words, evidence=(words,)),
            evidence=tuple(replace(e, words=(words,), result=words) for e in complaint.evidence),
            reporter=replace(
                complaint.reporter,
                contacts=(
                    *complaint.reporter.contacts,
                    Contact(kind="email", value="siti.contoh@example.org"),
                    Contact(kind="handle", value="@siti_c"),
                ),
            ),
        ),
    )


def _attachment(words: str) -> Attachment:
    return Attachment(name=words, caption=words, remote=words, sha256="ab" * 32)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


@pytest.mark.parametrize("with_key", [True, False])
def test_no_identity_of_a_confidential_complaint_is_on_the_wire(with_key: bool) -> None:
    key = seal.read_key(seal.generate()[1]) if with_key else None
    for text in strings(msgspec.json.decode(wire.encode(planted(), crm_key=key)[1])):
        if len(text) > 2_000:
            continue  # the envelope; base64 may spell anything
        digits = "".join(c for c in text if c.isdigit())
        assert not any(one.casefold() in text.casefold() for one in (*IDENTITY, "siti_c")), text
        assert "81200001234" not in digits, text
        assert "3171000000000001" not in digits, text


def test_the_crm_opens_the_whole_event() -> None:
    private, public = seal.generate()
    body = wire.encode(planted(), crm_key=seal.read_key(public))[1]
    sent = wire.decode_body(body)
    assert sent.complaint.reporter.reference == "p-1"
    assert MASK in sent.complaint.text
    assert wire.unseal(sent, b64decode(private)) == planted()
    with pytest.raises(Damaged):
        wire.unseal(sent, b64decode(seal.generate()[0]))
    with pytest.raises(Damaged):
        wire.unseal(replace(sent, revision=1), b64decode(private))


def test_without_the_crms_key_identity_stays_in_the_gateway() -> None:
    sent = wire.decode_body(wire.encode(planted())[1])
    assert sent.complaint.reporter.sealed == ""
    assert wire.unseal(sent, bytes(32)) == sent


def test_what_is_not_confidential_is_not_masked() -> None:
    assert wire.decode_body(wire.encode(event())[1]).complaint.reporter.name == "Siti Contoh"


def test_masking_leaves_other_words_and_numbers_alone() -> None:
    text = (
        "Situ Gintung, contohnya RT 08, nomor 28120000123, 12000012, 12-03-2026, Rp 812.000.012, kontohsiti"
    )
    record = with_text(event(confidential=True), text)
    assert wire.decode_body(wire.encode(record)[1]).complaint.text == text


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("hubungi 0812-0000-7707 atau +62 812 0000 7708.", f"hubungi {MASK} atau {MASK}."),
        ("NIK 3171500101880001, surel budi.contoh@example.org", f"NIK {MASK}, surel {MASK}"),
        ("3171 5001 0188 0001", MASK),
    ],
)
def test_numbers_that_nobody_said_whose_they_are_are_masked_too(written: str, masked: str) -> None:
    sent = wire.decode_body(wire.encode(with_text(event(confidential=True), written))[1])
    assert sent.complaint.text == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("ktp_3171500101880001_0812-0000-7707.jpg", f"ktp_{MASK}_{MASK}.jpg"),
        ("budi.contoh%40example.org.pdf", MASK),
        ("%2B6281200007707.jpg", f"{MASK}.jpg"),
        ("lampu 50%25.jpg", "lampu 50%25.jpg"),
    ],
)
def test_a_files_name_tells_nobodys_numbers(name: str, masked: str) -> None:
    record = event(confidential=True)
    record = replace(record, complaint=replace(record.complaint, attachments=(Attachment(name=name),)))
    assert wire.decode_body(wire.encode(record)[1]).complaint.attachments[0].name == masked


# ready frames


def unmarshalled(data: bytes) -> list[Any]:
    frames = []
    while data:
        count, channel, frame = pamqp.frame.unmarshal(data)
        assert channel == 3
        frames.append(frame)
        data = data[count:]
    return frames


@pytest.mark.parametrize("size", [None, 0, 1, 4088, 4089, 20_000])
def test_ready_frames_say_what_the_properties_say(size: int | None) -> None:
    one = stored()
    if size is not None:
        one = replace(one, body=b"x" * size)
    method, header, *bodies = unmarshalled(Frames("aduan.events", SOURCE, 3, 4096).of(one))
    assert isinstance(method, Basic.Publish)
    assert (method.exchange, method.routing_key) == ("aduan.events", one.routing_key)
    assert method.mandatory
    assert not method.immediate
    assert isinstance(header, ContentHeader)
    assert header.body_size == len(one.body)
    assert dict(header.properties) == dict(wire.properties(one, SOURCE))
    assert all(isinstance(b, ContentBody) for b in bodies)
    assert b"".join(b.value or b"" for b in bodies) == one.body


def test_a_routing_key_beyond_amqp_is_an_error() -> None:
    with pytest.raises(ValueError, match="255"):
        Frames("aduan.events", SOURCE, 1, 4096).of(replace(stored(), routing_key="x" * 256))


# the order of sending


def outbox_events(*complaints: int) -> list[OutboxEvent]:
    outbox = MemoryOutbox()
    seen: dict[int, int] = {}
    for number in complaints:
        seen[number] = seen.get(number, 0) + 1
        outbox.put(event(number, seen[number]), number)
    return list(outbox.events.values())


def taken(outflow: Outflow) -> list[int]:
    return [e.position for e in iter(outflow.take, None)]


def test_a_follower_waits_for_its_predecessors_confirm() -> None:
    one, two, other = outbox_events(1, 1, 2)
    outflow = Outflow()
    for e in (one, two, other, one):
        outflow.add(e)
    assert taken(outflow) == [1, 3]
    outflow.confirmed(other)
    assert taken(outflow) == []
    outflow.confirmed(one)
    assert taken(outflow) == [2]
    assert outflow.knows(1)
    outflow.marked([1, 3])
    assert not outflow.knows(1)
    assert len(outflow) == 1


def test_a_failed_event_waits_longer_each_time_and_holds_its_followers() -> None:
    one, two = outbox_events(1, 1)
    outflow = Outflow()
    outflow.add(one)
    outflow.add(two)
    assert taken(outflow) == [1]
    assert outflow.failed(one, 100.0, 1.0, 5.0) == 1
    assert outflow.next_retry == 101.0
    outflow.retry_due(100.9)
    assert taken(outflow) == []
    outflow.retry_due(101.0)
    assert taken(outflow) == [1]
    for expected in (2.0, 4.0, 5.0, 5.0):
        outflow.failed(one, 0.0, 1.0, 5.0)
        assert outflow.next_retry == expected
        outflow.retry_due(expected)
        assert taken(outflow) == [1]
    outflow.drop(one)
    assert len(outflow) == 0
    assert not outflow.leads_to(two)


def test_only_the_event_right_before_leads_to_the_next() -> None:
    first, second, third = outbox_events(1, 1, 1)
    outflow = Outflow()
    outflow.add(first)
    assert outflow.leads_to(second)
    assert not outflow.leads_to(third), "the second may be another gateway's to send"
    outflow.add(second)
    assert outflow.leads_to(third)
    assert taken(outflow) == [first.position]
    outflow.confirmed(first)
    assert outflow.leads_to(third)
    assert taken(outflow) == [second.position]
    outflow.confirmed(second)
    assert not outflow.leads_to(third)


def test_what_was_in_flight_goes_first_in_its_order() -> None:
    events = outbox_events(1, 2, 3)
    outflow = Outflow()
    for e in events:
        outflow.add(e)
    flying = [outflow.take(), outflow.take()]
    outflow.give_back(e for e in flying if e)
    assert taken(outflow) == [1, 2, 3]


def test_utc_is_written_with_z() -> None:
    assert wire.rfc3339(datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)) == "2026-01-02T03:04:05.600000Z"
