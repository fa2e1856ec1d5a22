"""Choices as buttons, lists and quick replies, and news after WhatsApp's 24 hours, by a Graph API that checks them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.shared.meta_fake_choices import interactive, quick_replies, templated
from adapters.shared.meta_fake_refused import Refused
from normalizer.errors import ProviderRefused
from normalizer.record import Choice
from tests.meta_world import meta_world

SITI = {"to": "6281200000011", "message_id": "wamid.contoh-1"}
PAGE_SITI = {"recipient_id": "7000000000000011"}
YES_NO = (Choice(name="q:yes", label="Ya"), Choice(name="q:no", label="Tidak"))
MENU = tuple(Choice(name=f"menu:{n}", label=f"Pilihan {n}") for n in range(6))
#: Years before the world's clock.
LONG_AGO = {**SITI, "at": "1700000000"}


async def test_up_to_three_choices_are_whatsapps_buttons() -> None:
    async with meta_world("whatsapp") as w:
        await w.reply(SITI, "Perlukah identitas Anda dirahasiakan?", choices=YES_NO)
        ((_, content),) = w.graph.sent
        assert content["interactive"]["type"] == "button"
        assert [c.label for c in w.graph.heard[0].choices] == ["Ya", "Tidak"]
        assert [c.name for c in w.graph.heard[0].choices] == ["kanal:q:yes", "kanal:q:no"]
        assert content["context"] == {"message_id": "wamid.contoh-1"}


async def test_more_of_them_are_a_list() -> None:
    async with meta_world("whatsapp") as w:
        await w.reply(SITI, "Atau pilih:", choices=MENU)
        ((_, content),) = w.graph.sent
        assert content["interactive"]["type"] == "list"
        assert [c.label for c in w.graph.heard[0].choices] == [c.label for c in MENU]


@pytest.mark.parametrize(
    ("door", "to"), [("whatsapp", SITI), ("facebook", PAGE_SITI), ("instagram", PAGE_SITI)]
)
async def test_labels_that_do_not_fit_are_numbers_in_the_text(door: str, to: dict[str, str]) -> None:
    long = (*YES_NO, Choice(name="q:skip", label="Lewati pertanyaan ini untuk sekarang"))
    async with meta_world(door) as w:
        await w.reply(to, "Pilih:", choices=long)
        (told,) = w.graph.heard
    assert told.choices == ()
    assert "3. Lewati pertanyaan ini untuk sekarang" in told.text


@pytest.mark.parametrize("door", ["facebook", "instagram"])
async def test_pages_show_quick_replies_below_the_last_piece(door: str) -> None:
    async with meta_world(door) as w:
        await w.reply(PAGE_SITI, "kata " * 500, choices=MENU)
        assert len(w.graph.heard) > 1
        assert [len(told.choices) for told in w.graph.heard] == [0] * (len(w.graph.heard) - 1) + [len(MENU)]


async def test_after_24_hours_the_template_carries_the_news_on_one_line() -> None:
    async with meta_world("whatsapp", template="kabar_laporan") as w:
        w.graph.templates["kabar_laporan"] = ("id", 2)
        w.graph.window_closed.add(SITI["to"])
        await w.reply(
            LONG_AGO, "Kabar tentang laporan Anda.\n\nTahap sekarang: Disposisi.", ticket="261123-0042-7"
        )
        ((_, content),) = w.graph.sent
    assert content["type"] == "template"
    assert "context" not in content
    assert (
        w.graph.heard[0].text
        == "kabar_laporan: 261123-0042-7 | Kabar tentang laporan Anda. Tahap sekarang: Disposisi."
    )


async def test_within_24_hours_no_template_is_paid_for() -> None:
    async with meta_world("whatsapp", template="kabar_laporan") as w:
        await w.reply({**SITI, "at": str(int(w.clock.now().timestamp()) - 3600)}, "Kabar baik.")
        assert w.graph.sent[0][1]["type"] == "text"


async def test_without_a_template_the_refusal_says_why() -> None:
    async with meta_world("whatsapp") as w:
        w.graph.window_closed.add(SITI["to"])
        with pytest.raises(ProviderRefused, match="24 hours"):
            await w.reply(LONG_AGO, "Kabar baik.")


async def test_a_template_that_meta_does_not_know_is_said() -> None:
    async with meta_world("whatsapp", template="kabar_laporan") as w:
        with pytest.raises(ProviderRefused):
            await w.reply(LONG_AGO, "Kabar baik.")


def _buttons(*ids: str, title: str = "Ya") -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": name, "title": title}} for name in ids]
    return {"type": "button", "body": {"text": "Pilih:"}, "action": {"buttons": buttons}}


@pytest.mark.parametrize(
    "given",
    [None, {}, _buttons(), _buttons("a", "a"), _buttons("a", "b", "c", "d"), _buttons("a", title="x" * 21)],
)
def test_the_fake_refuses_buttons_as_whatsapp_does(given: Any) -> None:
    with pytest.raises(Refused):
        interactive(given)


@pytest.mark.parametrize(
    "given", [[], [{"content_type": "text", "title": "x" * 21, "payload": "a"}], [{"title": "a"}], [{}] * 14]
)
def test_the_fake_refuses_quick_replies_as_messenger_does(given: Any) -> None:
    with pytest.raises(Refused):
        quick_replies(given)


def test_the_fake_refuses_a_template_with_line_ends() -> None:
    parameters = [{"type": "text", "text": "a\nb"}]
    given = {
        "name": "k",
        "language": {"code": "id"},
        "components": [{"type": "body", "parameters": parameters}],
    }
    with pytest.raises(Refused, match="132018"):
        templated(given, {"k": ("id", 1)})
