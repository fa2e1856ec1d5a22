"""What is told by SMS: in GSM-7, and at most two parts, with the longest names that we have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.sms.charset import gsm_septets
from adapters.sms.segments import is_gsm
from complaint_queue.journal import StoredMessage
from intake.conversation import answers
from intake.conversation.answers import Manner
from intake.conversation.texts import table
from normalizer.categories import categories
from normalizer.gazetteer import kelurahan_table
from normalizer.identity import encode_id, ticket_day
from normalizer.record import CategorySuggestion, Complaint, Language, Message, Place, Region, Sender
from normalizer.stages import STAGES, StatusUpdate

AT = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
LINK = "https://aduan.jakarta.go.id/lacak/0SAGH0S800001S3B8B3D24E5K1"
TO = StoredMessage(
    message_id=1,
    message=Message(external_id="1", sender=Sender(reference="1"), reply_to={"to": "+628120000001"}),
    received_at=AT,
    raw_sha256="",
    third_party=False,
    event_sequence=None,
    sender=b"s" * 16,
)
LONGEST = max((one.name for one in kelurahan_table()), key=len)


def record(language: str, **more: Any) -> Complaint:
    given: dict[str, Any] = {
        "complaint_id": encode_id(7),
        "ticket": "261123-12345-6",
        "channel": "sms",
        "adapter": "sms",
        "account": "sms-1708",
        "received_at": AT,
        "language": Language(code=language, confidence=0.99),
        "place": Place(kelurahan=Region(code="31.71.01.1001", name=LONGEST)),
        "categories": (CategorySuggestion(code=categories(ticket_day(AT))[0].code, confidence=0.9),),
    }
    return Complaint(**(given | more))


def parts(text: str) -> int:
    """How many text messages it takes; none may need UCS-2, which halves what fits (3GPP TS 23.038)."""
    assert is_gsm(text), f"not in GSM-7: {text}"
    length = sum(map(gsm_septets, text))
    return 1 if length <= 160 else -(-length // 153)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    "more",
    [{}, {"place": Place()}, {"flags": ("emergency",)}, {"place": Place(), "flags": ("emergency",)}],
    ids=["known", "no place", "emergency", "both"],
)
def test_an_acknowledgement_fits_two_parts(language: str, more: dict[str, Any]) -> None:
    (said,) = answers.acknowledge(record(language, **more), TO, LINK, Manner(form="sms"))
    assert parts(said.said.text) <= 2, said.said.text


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("stage", [*STAGES, "Menunggu anggaran tahun depan"])
def test_a_status_fits_two_parts(language: str, stage: str) -> None:
    update = StatusUpdate(
        status_id="s-1",
        ticket="261123-12345-6",
        stage=stage,
        occurred_at=AT,
        agency="Dinas Bina Marga Provinsi DKI Jakarta, Suku Dinas Jakarta Pusat",
        note="Petugas sudah ke lokasi dan pekerjaan dijadwalkan selesai pada akhir pekan ini, mohon bersabar ya.",
    )
    (said,) = answers.tell_status(record(language), TO, update, LINK, Manner(form="sms"))
    assert parts(said.said.text) <= 2, said.said.text


@pytest.mark.parametrize("language", ["id", "en"])
def test_what_the_bot_says_fits_two_parts(language: str) -> None:
    for key, text in table(language)["bot"].items():
        told = text.format_map(
            dict.fromkeys(("ticket", "other", "stage", "text", "agency", "number"), "x" * 14)
        )
        assert parts(told) <= 2, f"bot.{key}: {told}"
