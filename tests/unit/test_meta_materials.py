"""Webhook bodies as Meta sends them, kept by other people: each is read as the name of its scenario says."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from adapters.base import Accepted, Ignored, Item, NotRead, Receipt
from adapters.facebook.parse import parse as parse_facebook
from adapters.whatsapp.parse import parse as parse_whatsapp
from normalizer.record import Message

ROOT = Path(__file__).parents[2]
MATERIALS = Path(os.environ.get("KANAL_MATERIALS", ROOT.parent / "shared" / "materials")) / "meta"
US = "1234567890"

pytestmark = [
    pytest.mark.materials,
    pytest.mark.skipif(not MATERIALS.is_dir(), reason="the third-party bodies are not on this machine"),
]

#: Reason and start of the detail of what must not become a message.
IGNORED = {
    "facebook/different_page": ("other_account", "recipient 1235"),
    "facebook/dlr": ("delivery_receipt", "delivered"),
    "facebook/echo": ("own_echo", ""),
    "facebook/no_entries": ("empty", "no entry"),
    "facebook/no_messaging_entries": ("empty", "entry without updates"),
    "facebook/not_page": ("other_account", "object notpage"),
    "facebook/notification_messages_optin": ("unsupported", "optin"),
    "facebook/postback": ("unsupported", "postback postback payload"),
    "facebook/postback_get_started": ("unsupported", "postback get_started"),
    "facebook/postback_referral": ("unsupported", "postback get_started"),
    "facebook/referral": ("unsupported", "referral"),
    "facebook/referral_optin": ("unsupported", "optin"),
    "facebook/referral_optin_user_ref": ("unsupported", "optin"),
    "facebook/referral_seconds": ("unsupported", "referral"),
    "facebook/thumbs_up": ("unsupported", "sticker"),
    "facebook/unknown_messaging_entry": ("unsupported", "nothing"),
    "whatsapp/error_msg": ("unsupported", "error 131051"),
    "whatsapp/ignore_status": ("delivery_receipt", "deleted"),
    "whatsapp/valid_status": ("delivery_receipt", "sent"),
}


def read(name: str) -> list[Item]:
    body = (MATERIALS / f"{name}.json").read_bytes()
    return list((parse_facebook if name.startswith("facebook/") else parse_whatsapp)(body, US))


def message(name: str) -> Message:
    (item,) = read(name)
    assert isinstance(item, Accepted)
    return item.message


def scenarios() -> list[str]:
    return sorted(
        path.relative_to(MATERIALS).with_suffix("").as_posix() for path in MATERIALS.rglob("*.json")
    )


@pytest.mark.parametrize("name", scenarios())
def test_each_scenario_gets_a_fate_and_only_messages_are_accepted(name: str) -> None:
    items = read(name)
    assert items
    assert not any(isinstance(item, NotRead) for item in items)
    for item in items:
        msgspec.msgpack.encode(item)
    if name in IGNORED:
        (item,) = items
        reason, detail = IGNORED[name]
        if isinstance(item, Receipt):
            assert (reason, detail) == ("delivery_receipt", item.state)
        else:
            assert isinstance(item, Ignored)
            assert item.reason == reason
            assert item.detail.startswith(detail)
    else:
        assert all(isinstance(item, Accepted) and item.message.external_id == "external_id" for item in items)


@pytest.mark.parametrize("name", ["facebook/duplicate_msg", "whatsapp/duplicate"])
def test_a_repetition_in_one_batch_has_the_same_name(name: str) -> None:
    first, second = read(name)
    assert first == second


def test_messenger() -> None:
    hello = message("facebook/hello_msg")
    assert (hello.text, hello.sender.reference) == ("Hello World", "5678")
    assert hello.sent_at is not None
    assert hello.sent_at.isoformat() == "2016-04-07T01:11:27.970000+00:00"
    assert message("facebook/invalid_urn").sender.reference == "abc5678"
    (photo,) = message("facebook/attachment").attachments
    assert (photo.remote, photo.state) == ("https://image-url/foo.png", "pending")
    spot = message("facebook/location_attachment").place.coordinates
    assert spot is not None
    assert (spot.latitude, spot.longitude) == (1.2, -1.3)
    assert message("facebook/fallback").text == "Foo\nMy Documents/foo.doc"
    assert message("facebook/reel").text == "/reel/123451234512345/"


def test_whatsapp() -> None:
    audio, voice = message("whatsapp/audio"), message("whatsapp/voice")
    assert [a.remote for m in (audio, voice) for a in m.attachments] == ["id_audio", "id_voice"]
    assert audio.text == "Check out my new phone!"
    assert voice.sent_at is not None
    assert voice.sent_at.isoformat() == "2016-01-30T01:57:09+00:00"
    assert message("whatsapp/button_reply").text == "Yes"
    assert message("whatsapp/nfm_reply_non_object").text == "Sent"
    place = message("whatsapp/location").place
    assert place.coordinates is not None
    assert (place.coordinates.latitude, place.coordinates.longitude) == (0.0, 1.0)
    assert place.address == "Main Street Beach, Santa Cruz, CA"
    group = message("whatsapp/group_message")
    assert (group.thread_id, group.text, group.public) == ("555555555", "Hello World, group message", True)


def test_whatsapp_senders_without_a_telephone_number() -> None:
    by_id = message("whatsapp/hello_bsuid_in_from").sender
    assert (by_id.reference, by_id.name, [c.value for c in by_id.contacts]) == (
        "US.1234",
        "Kerry Fisher",
        ["@kfisher"],
    )
    strange_id = message("whatsapp/hello_invalid_user_id").sender
    assert (strange_id.reference, [c.value for c in strange_id.contacts]) == ("5678", ["@kfisher"])
    strange = message("whatsapp/invalid_from").sender
    assert (strange.reference, strange.contacts) == ("bla", ())
    late = message("whatsapp/invalid_timestamp")
    assert (late.text, late.sent_at) == ("Hello World", None)
