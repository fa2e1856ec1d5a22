"""Answers through a Graph API on loopback that checks tokens, ids, lengths and windows as Meta does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from adapters.base import Replies
from normalizer.errors import (
    NeedsOperator,
    OutcomeUnknown,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
)
from tests.meta_world import DOORS, US, MetaWorld, meta_world

TEXT = "Laporan Anda kami terima. Nomor: JKT-2611-0042 🙏"
#: By door: where a private message goes.
PERSON = {
    "facebook": {"recipient_id": "7000000000000011"},
    "instagram": {"recipient_id": "7000000000000011"},
    "whatsapp": {"to": "6281200000011", "message_id": "wamid.contoh-1"},
}


@pytest.mark.parametrize("name", DOORS)
async def test_a_message_is_answered_where_it_came_from(name: str) -> None:
    async with meta_world(name) as w:
        assert isinstance(w.adapter, Replies)
        sent = await w.reply(PERSON[name], TEXT)
        assert sent.startswith(("m_answer-", "wamid.answer-"))
        ((path, content),) = w.graph.sent
    ((where, text, private),) = w.heard
    assert (where, text, private) == (next(iter(PERSON[name].values())), TEXT, True)
    if name == "whatsapp":
        assert path == f"{US}/messages"
        assert content["context"] == {"message_id": "wamid.contoh-1"}, "it quotes what it answers"
        assert content["text"]["preview_url"] is False
    else:
        assert path == "me/messages"
        assert content["messaging_type"] == "RESPONSE"


async def test_a_comment_on_the_page_is_answered_under_it_or_in_private_as_is_allowed() -> None:
    async with meta_world("facebook") as w:
        public = await w.reply({"comment_id": "9_1"}, "Terima kasih", private=False)
        await w.reply({"post_id": f"{US}_9"}, "Terima kasih juga", private=False)
        await w.reply({"comment_id": "9_1"}, TEXT)
        with pytest.raises(ProviderRefused, match="allows that once"):
            await w.reply({"comment_id": "9_1"}, TEXT, key="2")
        await w.reply({"post_id": f"{US}_9"}, TEXT)
    assert public == "9_1_1"
    assert [path for path, _ in w.graph.sent] == [
        "9_1/comments",
        f"{US}_9/comments",
        "me/messages",
        "me/messages",
    ]
    assert [(where, private) for where, _, private in w.heard] == [
        ("9_1", False),
        (f"{US}_9", False),
        ("9_1", True),
        (f"{US}_9", True),
    ]


async def test_a_comment_on_instagram_is_answered_under_it_or_in_private() -> None:
    async with meta_world("instagram") as w:
        await w.reply({"comment_id": "17800000000000001"}, "Terima kasih", private=False)
        await w.reply({"comment_id": "17800000000000001"}, TEXT)
        await w.reply({"media_id": "900", "comment_id": "901"}, "Terima kasih", private=False)
        await w.reply({"media_id": "900"}, "Terima kasih", private=False)
        with pytest.raises(ProviderRefused, match="no private answer"):
            await w.reply({"media_id": "900", "comment_id": "901"}, TEXT)
        assert [path for path, _ in w.graph.sent] == [
            "17800000000000001/replies",
            "me/messages",
            f"{US}/mentions",
            f"{US}/mentions",
        ]
        assert w.graph.sent[1][1]["recipient"] == {"comment_id": "17800000000000001"}
        assert w.graph.sent[2][1] == {"media_id": "900", "comment_id": "901", "message": "Terima kasih"}


async def test_whatsapp_without_a_number_and_in_groups() -> None:
    async with meta_world("whatsapp") as w:
        await w.reply({"to": "ID.1234abcd", "message_id": "wamid.1"}, TEXT)
        group = {"to": "6281200000011", "group_id": "kelompok-1", "message_id": "wamid.2"}
        await w.reply(group, "Terima kasih", private=False)
        await w.reply(group, TEXT)
        with pytest.raises(ProviderRefused, match="who wrote it"):
            await w.reply({"message_id": "wamid.3"}, TEXT)
        by_id, to_all, to_one = (content for _, content in w.graph.sent)
    assert (by_id["recipient"], "to" in by_id) == ("ID.1234abcd", False)
    assert (to_all["to"], to_all["recipient_type"]) == ("kelompok-1", "group")
    assert (to_one["to"], to_one["recipient_type"]) == ("6281200000011", "individual")
    assert "context" not in to_one, "what a group said is not quoted outside of it"


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("text", ["kata " * 1500, "🙏" * 2500, "baris\n" * 1000])
async def test_a_long_answer_goes_out_in_pieces_that_are_taken(name: str, text: str) -> None:
    async with meta_world(name, messages_per_second=1000.0) as w:
        last = await w.reply(PERSON[name], text)
        said = [words for _, words, _ in w.heard]
        assert len(said) > 1 or len(text) <= 4096
        assert last.endswith(f"-{len(said)}")
    assert "".join("".join(said).split()) == "".join(text.split()), "no word is lost"


async def test_what_was_sent_of_a_long_answer_is_not_sent_again() -> None:
    async with meta_world("facebook") as w:
        text = "a" * 1500 + " " + "b" * 1500
        w.graph.refuse_next.append((500, {"code": 2}))
        with pytest.raises(ProviderUnavailable):
            await w.reply(PERSON["facebook"], text)
        assert w.heard == []
        # the first piece passes, the second is refused
        send, calls = w.adapter.graph.post, 0

        async def second_fails(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == 2:
                w.graph.refuse_next.append((500, {"code": 2}))
            return await send(*arguments)

        w.adapter.graph.post = second_fails
        with pytest.raises(ProviderUnavailable):
            await w.reply(PERSON["facebook"], text)
        await w.reply(PERSON["facebook"], text)
    assert [words[0] for _, words, _ in w.heard] == ["a", "b"]


@pytest.mark.parametrize("name", DOORS)
async def test_after_24_hours_the_window_is_closed_for_good(name: str) -> None:
    async with meta_world(name) as w:
        w.graph.window_closed.add(next(iter(PERSON[name].values())))
        with pytest.raises(ProviderRefused, match="24 hours"):
            await w.reply(PERSON[name], TEXT)
        assert w.health.now == {}, "nothing that the operator could mend"


async def test_a_person_that_meta_does_not_know_is_final() -> None:
    async with meta_world("facebook") as w:
        with pytest.raises(ProviderRefused, match="cannot be reached"):
            await w.reply({"recipient_id": "abc5678"}, TEXT)
        assert w.health.now == {}


@pytest.mark.parametrize("name", DOORS)
async def test_a_dead_token_is_told_with_its_cure_and_a_new_one_ends_the_trouble(name: str) -> None:
    async with meta_world(name) as w:
        w.graph.token = "another"
        for _ in range(3):
            with pytest.raises(NeedsOperator) as caught:
                await w.reply(PERSON[name], TEXT)
        assert f"account.{name}.settings.access_token" in w.health.now["token"]
        assert "contoh-token" not in str(caught.value) + str(w.health.now)
        w.graph.token = "contoh-token"
        await w.reply(PERSON[name], TEXT)
        assert w.health.now == {}
        assert w.health.changes == [("token", True), ("token", False)], "told once, and over once"


async def test_what_is_locked_for_answers_is_not_mended_by_a_photo_that_still_comes() -> None:
    async with meta_world("whatsapp") as w:
        w.graph.store("1", b"x")
        for _ in range(3):
            w.graph.refuse_next.append((400, {"code": 131042}))
            with pytest.raises(NeedsOperator):
                await w.reply(PERSON["whatsapp"], TEXT)
            await w.adapter.graph.media("1")
        assert w.health.changes == [("account for answers", True)]
        await w.reply(PERSON["whatsapp"], TEXT)
        assert w.health.now == {}


@pytest.mark.parametrize("name", DOORS)
async def test_without_a_token_nothing_is_sent(name: str) -> None:
    if name == "whatsapp":
        return  # it does not start without one
    async with meta_world(name, access_token="") as w:
        with pytest.raises(ProviderRefused, match=r"doc\.md"):
            await w.reply(PERSON[name], TEXT)
        assert w.graph.calls == []


@pytest.mark.parametrize("name", ["facebook", "instagram"])
async def test_an_answer_to_nowhere_is_refused(name: str) -> None:
    async with meta_world(name) as w:
        for private in (True, False):
            with pytest.raises(ProviderRefused):
                await w.reply({}, TEXT, private=private)
        with pytest.raises(ProviderError):
            await w.reply({"comment_id": "../me"}, TEXT, private=False)
        assert w.graph.sent == []


@pytest.mark.parametrize("name", DOORS)
async def test_too_often_keeps_every_answer_of_the_account_still(name: str) -> None:
    async with meta_world(name) as w:
        w.graph.refuse_next.append((429, {"code": 4}))
        w.graph.refuse_headers = {"Retry-After": "7"}
        with pytest.raises(ProviderUnavailable) as caught:
            await w.reply(PERSON[name], TEXT)
        assert caught.value.retry_after == 7.0
        loop = asyncio.get_running_loop()
        assert all(6 < pace._held_until - loop.time() <= 7 for pace in w.adapter.paces())


async def lost(w: MetaWorld, status: int, body: bytes) -> None:
    """The Graph API takes the answer, and then its own does not come or is another."""

    async def answer(request: Any) -> Any:
        await request.read()
        if not status:
            request.transport.abort()
        return web.Response(status=status or 200, body=body)

    w.graph._post = answer  # type: ignore[method-assign]


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(("status", "body"), [(0, b""), (200, b"<html>"), (200, b"{}")])
async def test_an_answer_whose_fate_nobody_knows_is_told_as_such(name: str, status: int, body: bytes) -> None:
    async with meta_world(name) as w:
        await w.graph.stop()
        await lost(w, status, body)
        w.adapter.graph._base = await w.graph.start()
        with pytest.raises(OutcomeUnknown):
            await w.reply(PERSON[name], TEXT)


@pytest.mark.parametrize("name", DOORS)
async def test_when_meta_was_never_reached_it_may_be_said_again(name: str) -> None:
    async with meta_world(name) as w:
        await w.graph.stop()
        with pytest.raises(ProviderUnavailable) as caught:
            await w.reply(PERSON[name], TEXT)
        assert not isinstance(caught.value, OutcomeUnknown)
