"""Instagram: comments and mentions, wherever in the entry they stand; shared posts keep their picture."""

from __future__ import annotations

import json
from typing import Any

from adapters.base import Accepted, Ignored, Item
from adapters.instagram.parse import parse

US = "17840000000000001"


def read(**entry: Any) -> Item:
    (item,) = parse(
        json.dumps({"object": "instagram", "entry": [{"id": US, "time": 1795408200, **entry}]}).encode(), US
    )
    return item


COMMENT = {
    "id": "1",
    "from": {"id": "7", "username": "siti.contoh"},
    "text": "Got mampet",
    "media": {"id": "9"},
}


def test_a_comment_in_the_entry_is_the_same_as_in_a_change() -> None:
    inside = read(changes=[{"field": "comments", "value": COMMENT}])
    assert inside == read(field="comments", value=COMMENT)
    assert isinstance(inside, Accepted)
    assert (inside.message.public, inside.message.thread_id) == (True, "9")
    assert [contact.value for contact in inside.message.sender.contacts] == ["@siti.contoh"]


def test_our_own_comment_is_an_echo_under_either_of_our_ids() -> None:
    for writer in ({"id": US}, {"id": "8", "self_ig_scoped_id": US}):
        item = read(field="comments", value={**COMMENT, "from": writer})
        assert isinstance(item, Ignored)
        assert item.reason == "own_echo"


def test_an_answer_to_a_comment_follows_it() -> None:
    item = read(field="comments", value={**COMMENT, "id": "2", "parent_id": "1"})
    assert isinstance(item, Accepted)
    assert item.message.follows == ("1",)


def test_a_mention_says_where_it_stands() -> None:
    item = read(field="mentions", value={"media_id": "9", "comment_id": "3"})
    assert isinstance(item, Accepted)
    assert (item.message.external_id, item.message.thread_id, item.message.text) == ("3", "9", "")
    assert item.message.subject


def test_a_shared_post_keeps_its_picture_and_a_shared_page_its_address() -> None:
    def shared(url: str) -> Item:
        message = {
            "mid": "m1",
            "attachments": [{"type": "share", "payload": {"url": url, "title": "Banjir"}}],
        }
        return read(
            messaging=[{"sender": {"id": "7"}, "recipient": {"id": US}, "timestamp": 1, "message": message}]
        )

    picture = shared("https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1")
    page = shared("https://berita.example.org/banjir")
    lookalike = shared("https://fbsbx.com.example.org/x.jpg")
    assert isinstance(picture, Accepted) and isinstance(page, Accepted) and isinstance(lookalike, Accepted)
    assert (len(picture.message.attachments), picture.message.text) == (1, "Banjir")
    assert (page.message.attachments, page.message.text) == ((), "Banjir\nhttps://berita.example.org/banjir")
    assert lookalike.message.attachments == ()
