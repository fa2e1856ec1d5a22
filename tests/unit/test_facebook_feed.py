"""The page's feed: edits are told apart, comments find their parent, wordless mentions hide nothing."""

from __future__ import annotations

import json
from typing import Any

from adapters.base import Accepted, Ignored, NotRead
from adapters.facebook.parse import parse
from normalizer.record import Message

PAGE = "100000000000001"
POST = f"{PAGE}_9"


def body(field: str = "feed", time: int = 1795408300, **value: Any) -> bytes:
    comment = {
        "item": "comment",
        "verb": "add",
        "comment_id": "9_1",
        "post_id": POST,
        "created_time": 1795408200,
    }
    full = {**comment, "from": {"id": "7", "name": "Siti Contoh"}, "message": "Lampu mati", **value}
    change = {"field": field, "value": {key: one for key, one in full.items() if one is not None}}
    return json.dumps({"object": "page", "entry": [{"id": PAGE, "time": time, "changes": [change]}]}).encode()


def message(**value: Any) -> Message:
    (item,) = parse(body(**value), PAGE)
    assert isinstance(item, Accepted)
    return item.message


def test_each_edit_is_another_message_and_its_repetition_the_same() -> None:
    first = message(verb="edited", message="Lampu mati total")
    again = message(verb="edited", message="Lampu mati total", time=1795412345)
    second = message(verb="edited", message="Lampu sudah menyala")
    assert first.version
    assert first.version == again.version != second.version
    assert {m.external_id for m in (first, second)} == {"9_1"}
    assert {m.follows for m in (first, second)} == {("9_1",)}


def test_a_comment_stands_under_its_parent_and_is_public() -> None:
    reply = message(comment_id="9_2", parent_id="9_1")
    assert (reply.follows, reply.thread_id, reply.public) == (("9_1",), POST, True)
    assert message(parent_id="9_1").follows == (), "nothing follows itself"


def test_an_edit_of_nothing_is_not_read() -> None:
    (item,) = parse(body(verb="edited", comment_id=None), PAGE)
    assert isinstance(item, NotRead)


def test_a_mention_without_words_does_not_hide_the_comment_that_brings_them() -> None:
    (wordless,) = parse(body(field="mention", message=None), PAGE)
    (worded,) = parse(body(field="mention"), PAGE)
    assert isinstance(wordless, Accepted)
    assert isinstance(worded, Accepted)
    comment = message()
    assert worded.message.external_id == comment.external_id, "one comment, whichever way it comes"
    assert wordless.message.external_id != comment.external_id
    assert wordless.message.follows == (comment.external_id,)


def test_what_the_page_writes_or_takes_away_is_no_message() -> None:
    own = {"from": {"id": int(PAGE)}}
    for value, reason, detail in (
        (own, "own_echo", ""),
        ({"from": None, "sender_id": PAGE}, "own_echo", ""),
        ({"verb": "remove"}, "unsupported", "removed"),
        ({"verb": "hide"}, "unsupported", "removed"),
        ({"item": "reaction"}, "unsupported", "reaction"),
        ({"message": " "}, "empty", ""),
    ):
        (item,) = parse(body(**value), PAGE)
        assert isinstance(item, Ignored)
        assert (item.reason, item.detail) == (reason, detail)


def test_an_album_holds_each_photo_once() -> None:
    one, two = (f"https://scontent.xx.fbcdn.net/{n}_n.jpg" for n in "ab")
    post = message(item="photo", comment_id=None, link=one, photos=[one, two, 5, None])
    assert [photo.remote for photo in post.attachments] == [one, two]
    assert (post.external_id, post.text) == (POST, "Lampu mati")
